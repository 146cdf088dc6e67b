// The answers of HTTP/1.1, and how they get out.
#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "http/h1.h"

namespace ns::gateway::http {
namespace {

void AppendField(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

// Without what tells the end of the body, and without the empty line.
void H1::AppendHead(const ResponseHead& head) {
  unread_ = !parser_->is_done();
  keep_alive_ = keep_alive_ && !unread_ && !serving_.draining;
  const auto reason = boost::beast::http::obsolete_reason(
      boost::beast::http::int_to_status(static_cast<unsigned>(head.status)));
  out_.append("HTTP/1.1 ").append(std::to_string(head.status)).append(1, ' ');
  out_.append(reason.data(), reason.size()).append("\r\n");
  for (const auto& [name, value] : head.headers) AppendField(name, value, out_);
  if (!keep_alive_) AppendField("Connection", "close", out_);
}

bool H1::Whole(ResponseHead head, std::string body, Headers) {
  if (state_ == State::kClosed || opened_) return true;
  const bool bodiless = bodiless_ || HasNoBody(head.status);
  if (bodiless) body.clear();
  if (!held_.HoldAnswer(writing_ || body.size() > kInHand ? body.size() : 0)) return false;
  opened_ = ended_ = true;
  AppendHead(head);
  if (!bodiless) AppendField("Content-Length", std::to_string(body.size()), out_);
  out_.append("\r\n").append(body);
  Flush();
  return true;
}

void H1::Open(ResponseHead head) {
  if (state_ == State::kClosed || opened_) return;
  opened_ = true;
  bodiless_ = bodiless_ || HasNoBody(head.status);
  // A client of HTTP/1.0 knows the end by the close.
  chunked_ = !bodiless_ && parser_->get().version() >= 11;
  keep_alive_ = keep_alive_ && (chunked_ || bodiless_);
  AppendHead(head);
  if (chunked_) AppendField("Transfer-Encoding", "chunked", out_);
  out_ += "\r\n";
  held_.HoldAnswer(0);
  if (!reading_) in_.shrink_to_fit();  // it may be long until the next request
  AwaitEnd();
  Flush();
}

void H1::Write(std::string bytes) {
  if (state_ == State::kClosed || ended_ || bodiless_ || bytes.empty()) return;
  if (chunked_) {
    std::array<char, 16> size{};
    const auto end = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16).ptr;
    out_.append(size.data(), end).append("\r\n").append(bytes).append("\r\n");
  } else {
    out_ += bytes;
  }
  Flush();
  if (!held_.HoldAnswer(waiting())) Close();
}

void H1::End(Headers trailers) {
  if (state_ == State::kClosed || ended_) return;
  ended_ = true;
  if (chunked_) {
    out_ += "0\r\n";
    for (const auto& [name, value] : trailers) out_.append(name + ": " + value + "\r\n");
    out_ += "\r\n";
  }
  if (out_.empty() && !writing_) return OnAnswered();
  Flush();
}

// Without the last chunk; where there are no chunks, the close would be the end.
void H1::Cut() {
  if (state_ == State::kClosed || ended_) return;
  if (!chunked_) pipe_->ResetOnClose();
  Close();
}

// A piece at a time: each that is taken shows that the client reads.
void H1::Flush() {
  if (writing_ || unsent() == 0) return;
  if (sending_.empty()) sending_.swap(out_);
  writing_ = true;
  Limit(serving_.limits.write_time);
  pipe_->Write(std::string_view(sending_).substr(sent_, kInHand),
               [self = shared_from_this()](bool ok) {
                 if (self->state_ != State::kClosed) Guarded(*self, [&] { self->OnWritten(ok); });
               });
}

void H1::OnWritten(bool ok) {
  writing_ = false;
  if (!ok) return Close();
  sent_ += std::min(kInHand, sending_.size() - sent_);
  if (sent_ == sending_.size()) {
    Empty(sending_);
    sent_ = 0;
    held_.HoldAnswer(waiting());
  }
  if (unsent() > 0) return GoOn();
  behind_.reset();
  if (ended_) return OnAnswered();
  if (state_ == State::kReading && reading_)
    Limit(serving_.limits.body_time);
  else
    timer_.Stop();
  if (const auto handler = handler_) handler->OnDrained();
}

void H1::GoOn() {
  const auto now = Clock::now();
  if (!behind_) behind_ = now;
  serving_.IsInTheWay(*behind_, now) ? Close() : Flush();
}

void H1::OnAnswered() {
  handler_.reset();
  held_.Release();
  if (std::exchange(watching_, false)) pipe_->StopWatching();
  if (keep_alive_) return AwaitRequest();
  unread_ || in_.size() > 0 ? Linger() : Close();
}

}  // namespace ns::gateway::http
