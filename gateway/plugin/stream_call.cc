#include "stream_call.h"

#include <algorithm>
#include <charconv>

namespace ns::gateway {
namespace {

constexpr uint32_t kWindow = 8;           // messages that the host may be ahead
constexpr size_t kHighWater = 64 * 1024;  // bytes that the client has not taken
constexpr uint64_t kMostAtOnce = 4 * 1024 * 1024;

// Takes ":status" out.
int TakeStatus(http::Headers& headers) {
  int status = 200;
  const std::string_view given = http::Find(headers, ":status");
  std::from_chars(given.data(), given.data() + given.size(), status);
  std::erase_if(headers, [](const auto& header) { return header.first.starts_with(':'); });
  return status;
}

}  // namespace

StreamCall::StreamCall(const Edge& edge, sdk::Peer peer, uint64_t most_body, http::Headers common,
                       http::Answering& answering)
    : edge_(edge),
      peer_(std::move(peer)),
      most_body_(most_body),
      common_(std::move(common)),
      answering_(&answering),
      connection_(answering.connection()) {}

void StreamCall::Begin(const std::string& method, const std::string& path) {
  // The host limits its time: how long it may take depends on what it is.
  request_ = edge_.api.RawBegin(
      std::exchange(peer_, {}), method, path, std::nullopt, kWindow,
      std::make_shared<Reception<StreamCall>>(edge_.io, weak_from_this(), true, kMostAtOnce));
}

void StreamCall::OnPiece(std::string bytes, bool last) {
  if (answering_ == nullptr) return;
  waiting_.empty() ? waiting_.swap(bytes) : void(waiting_ += bytes);
  last_ = last_ || last;
  SendBody();
}

// As much as is wanted. The end goes with the last bytes, or alone.
void StreamCall::SendBody() {
  const size_t size = static_cast<size_t>(std::min<uint64_t>(wanted_, waiting_.size()));
  const bool last = last_ && size == waiting_.size();
  if (told_last_ || (size == 0 && !last)) return;
  told_last_ = last;
  request_.Send(std::string_view(waiting_).substr(0, size), last);
  wanted_ -= size;
  waiting_.erase(0, size);
}

void StreamCall::OnGiven(Given given) {
  if (answering_ == nullptr) return;
  const auto self = shared_from_this();  // what is answered may be let go at once
  if (given.opened && !given.leading.empty()) Open(std::move(given.leading));
  for (std::string& piece : given.messages) {
    if (answering_ == nullptr) return;
    ++taken_;
    opened_ ? answering_->Write(std::move(piece)) : void(whole_ += piece);
  }
  if (answering_ == nullptr) return;
  if (given.ended) return Finish(given);
  wanted_ += given.wanted;
  SendBody();
  if (given.wanted > 0 && !full()) answering_->ReadOn();
  GrantMore();
}

void StreamCall::Open(http::Headers headers) {
  if (std::exchange(opened_, true)) return;
  const int status = TakeStatus(headers);
  answering_->Open({status, WithCommon(std::move(headers))});
}

void StreamCall::GrantMore() {
  if (answering_ == nullptr || taken_ == 0 || answering_->unsent() > kHighWater) return;
  request_.Grant(std::exchange(taken_, 0));
}

void StreamCall::OnDrained() { GrantMore(); }

// A streamed answer that fails is cut: there is no other way to say so.
void StreamCall::Finish(const Given& end) {
  if (opened_) {
    auto* const answering = std::exchange(answering_, nullptr);
    return end.error ? answering->Cut() : answering->End({});
  }
  if (end.error) return Refuse({end.error->code(), end.error->message(), {}, 0});
  http::Headers headers;
  if (!end.content_type.empty()) headers.emplace_back("content-type", end.content_type);
  auto* const answering = std::exchange(answering_, nullptr);
  if (answering->Whole(
          {end.http_status != 0 ? end.http_status : 200, WithCommon(std::move(headers))},
          std::move(whole_), {}))
    return;
  answering_ = answering;
  OnNoMemory();
}

void StreamCall::OnTooLong() {
  request_.Cancel();
  Refuse(rpc::BodyTooLong(most_body_));
}

void StreamCall::OnNoMemory() {
  request_.Cancel();
  Refuse(rpc::NoMemory());
}

void StreamCall::OnGone() {
  answering_ = nullptr;
  request_.Cancel();
}

void StreamCall::Refuse(const rpc::Problem& problem) {
  auto* const answering = std::exchange(answering_, nullptr);
  if (answering == nullptr) return;
  const auto self = shared_from_this();  // who is cut is let go at once
  if (opened_) return answering->Cut();
  rpc::Reply reply = rpc::PlainRefusal(problem);
  answering->Whole({reply.head.status, WithCommon(std::move(reply.head.headers))},
                   std::move(reply.body), {});
}

http::Headers StreamCall::WithCommon(http::Headers headers) const {
  for (const auto& header : common_) {
    if (http::Find(headers, header.first).empty()) headers.push_back(header);
  }
  return headers;
}

}  // namespace ns::gateway
