#include "http/h2_stream.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace ns::gateway::http {
namespace {

std::vector<nghttp2_nv> PairsOf(const Headers& headers) {
  std::vector<nghttp2_nv> pairs;
  pairs.reserve(headers.size());
  const auto bytes = [](const std::string& text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
  };
  for (const auto& [name, value] : headers)
    pairs.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  return pairs;
}

}  // namespace

void H2Stream::TakeHeader(std::string_view name, std::string_view value) {
  head_bytes_ += SizeOf(name, value);
  head_too_long_ = head_too_long_ || ++fields_ > kMostFields ||
                   head_bytes_ > connection_.serving().limits.header_bytes;
  if (head_too_long_) return;
  if (name == ":method") {
    head_.method = value;
  } else if (name == ":path") {
    head_.target = value;
  } else if (name == ":authority") {
    head_.headers.emplace_back("host", value);
  } else if (!name.starts_with(':')) {
    head_.headers.emplace_back(name, value);
  }
}

void H2Stream::Refuse(int status, std::string why) {
  auto [head, body] = connection_.serving().service.Unreadable(status, std::move(why));
  Whole(std::move(head), std::move(body), {});
}

void H2Stream::OnHead() {
  bodiless_ = head_.method == "HEAD";
  Head head = std::exchange(head_, {});
  if (head_too_long_) return Refuse(431, HeadTooLong(connection_.serving().limits));
  const bool held = Hold(0);
  auto handler = connection_.serving().service.Begin(std::move(head), connection_.peer(), *this);
  if (ended_) return;
  handler_ = handler;
  if (!held) handler->OnNoMemory();
}

void H2Stream::TakeBody(std::string_view bytes) {
  const auto handler = handler_;
  unconsumed_ += bytes.size();
  if (handler && handler->streams() && !ended_) return TakePiece(bytes);
  nghttp2_session_consume_stream(connection_.session(), id_, std::exchange(unconsumed_, 0));
  if (!handler || opened_) return;  // answered already
  if (bytes.size() > handler->most_body() - body_.size()) return handler->OnTooLong();
  if (!Hold(body_.size() + bytes.size())) return handler->OnNoMemory();
  body_ += bytes;
}

// The client gets credit for more when the handler has room for it.
void H2Stream::TakePiece(std::string_view bytes) {
  const auto handler = handler_;
  body_bytes_ += bytes.size();
  body_progress_ = Clock::now();
  if (body_bytes_ > handler->most_body()) return handler->OnTooLong();
  handler->OnPiece(std::string(bytes), false);
  ReadOn();
  if (ended_ || unconsumed_ == 0) return;
  if (!(opened_ ? HoldRest() : Hold(unconsumed_))) handler->OnNoMemory();
}

void H2Stream::ReadOn() {
  if (ended_ || request_done_ || !handler_ || handler_->full()) return;
  if (unconsumed_ > 0)
    nghttp2_session_consume_stream(connection_.session(), id_, std::exchange(unconsumed_, 0));
  body_progress_ = Clock::now();
  connection_.Await(*Due());
  connection_.Flush();
}

void H2Stream::OnBodyEnd() {
  if (std::exchange(request_done_, true) || !handler_) return;
  const auto handler = handler_;
  if (handler->streams()) return handler->OnPiece("", true);
  if (opened_) return;
  handler->OnRequest(std::move(body_));
}

void H2Stream::Begin(ResponseHead head, bool more) {
  if (opened_) return;
  opened_ = true;
  progress_ = behind_ = Clock::now();
  Headers headers{{":status", std::to_string(head.status)}};
  std::move(head.headers.begin(), head.headers.end(), std::back_inserter(headers));
  const auto pairs = PairsOf(headers);
  const nghttp2_data_provider body = connection_.Bytes();
  nghttp2_submit_response(connection_.session(), id_, pairs.data(), pairs.size(),
                          more ? &body : nullptr);
  connection_.Send(id_);
}

bool H2Stream::Whole(ResponseHead head, std::string body, Headers trailers) {
  if (opened_) return true;
  const bool bodiless = bodiless_ || HasNoBody(head.status);
  if (!bodiless && body.size() > connection_.Room(id_) && !held_.HoldAnswer(body.size()))
    return false;
  ended_ = true;
  if (!bodiless) {
    out_ = std::move(body);
    trailers_ = std::move(trailers);
  }
  handler_.reset();
  Begin(std::move(head), !out_.empty() || !trailers_.empty());
  return true;
}

// One that has no body ends with its stream all the same: the host may still be at work.
void H2Stream::Open(ResponseHead head) {
  bodiless_ = bodiless_ || (!opened_ && HasNoBody(head.status));
  Begin(std::move(head), true);
}

void H2Stream::Write(std::string bytes) {
  if (!opened_ || ended_ || bodiless_ || bytes.empty()) return;
  if (taken_ == out_.size()) {
    out_.clear();
    taken_ = 0;
    progress_ = behind_ = Clock::now();
  }
  out_ += bytes;
  Resume();
  connection_.Await(*Due());
  connection_.Send(id_);
}

void H2Stream::End(Headers trailers) {
  if (!opened_ || ended_) return;
  ended_ = true;
  if (!bodiless_) trailers_ = std::move(trailers);
  handler_.reset();
  Resume();
  connection_.Flush();
}

void H2Stream::Cut() {
  if (!opened_ || ended_) return;
  ended_ = true;
  handler_.reset();
  nghttp2_submit_rst_stream(connection_.session(), NGHTTP2_FLAG_NONE, id_, NGHTTP2_INTERNAL_ERROR);
  connection_.Flush();
}

void H2Stream::Resume() {
  if (std::exchange(waits_, false)) nghttp2_session_resume_data(connection_.session(), id_);
}

void H2Stream::OnGone() {
  if (const auto handler = std::move(handler_)) handler->OnGone();
}

void H2Stream::BreakOff() {
  cut_ = ended_ = true;
  Empty(out_);
  taken_ = 0;
  held_.Release();
  nghttp2_submit_rst_stream(connection_.session(), NGHTTP2_FLAG_NONE, id_,
                            NGHTTP2_ENHANCE_YOUR_CALM);
  OnGone();
}

ssize_t H2Stream::Give(std::span<uint8_t> into, uint32_t& flags) {
  const size_t size = std::min(into.size(), unsent());
  if (size > 0) {
    progress_ = Clock::now();
    if (connection_.serving().IsInTheWay(behind_, progress_)) BreakOff();
  }
  if (cut_) return NGHTTP2_ERR_DEFERRED;
  std::copy_n(out_.data() + taken_, size, into.data());
  taken_ += size;
  if (unsent() > 0) return static_cast<ssize_t>(size);
  Empty(out_);
  taken_ = 0;
  if (!ended_) {
    held_.HoldAnswer(0);
    drained_ = drained_ || size > 0;
    waits_ = size == 0;
    return size > 0 ? static_cast<ssize_t>(size) : ssize_t{NGHTTP2_ERR_DEFERRED};
  }
  flags |= NGHTTP2_DATA_FLAG_EOF;
  if (!trailers_.empty()) {
    flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    const auto pairs = PairsOf(trailers_);
    if (nghttp2_submit_trailer(connection_.session(), id_, pairs.data(), pairs.size()) != 0)
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // the stream is reset
  }
  return static_cast<ssize_t>(size);
}

std::optional<H2Stream::Clock::time_point> H2Stream::Due() const {
  const Limits& limits = connection_.serving().limits;
  if (unsent() > 0) return progress_ + limits.write_time;
  if (request_done_ || ended_) return std::nullopt;
  if (!handler_ || !handler_->streams()) return begun_ + limits.body_time;
  if (!handler_->full()) return std::max(begun_, body_progress_) + limits.body_time;
  return std::nullopt;
}

}  // namespace ns::gateway::http
