#include "raw_call.h"

namespace ns::gateway {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint32_t kCredit = 1u << 16;  // messages; what they hold is limited by bytes

}  // namespace

RawCall::RawCall(const Edge& edge, sdk::Peer peer, std::string method, std::string path,
                 uint64_t most_body, http::Headers common, http::Answering& answering)
    : edge_(edge),
      peer_(std::move(peer)),
      method_(std::move(method)),
      path_(std::move(path)),
      most_body_(most_body),
      common_(std::move(common)),
      answering_(&answering),
      connection_(answering.connection()),
      timer_(*edge.io) {}

void RawCall::OnRequest(std::string body) {
  const auto deadline = Clock::now() + edge_.settings.call_time;
  timer_.At(deadline + edge_.settings.grace, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->request_.Cancel();
    ForRequest(self->connection_, [&] {
      self->Refuse({NS_E_DEADLINE, "The request took too long; try again.", {}, 0});
    });
  });
  request_ = edge_.api.Raw(std::exchange(peer_, {}), method_, path_, body, deadline, kCredit,
                           std::make_shared<Reception<RawCall>>(edge_.io, weak_from_this(), false,
                                                                edge_.settings.answer_bytes));
}

void RawCall::OnGiven(const Given& given) {
  if (given.error) return Refuse({given.error->code(), given.error->message(), {}, 0});
  http::ResponseHead head{given.http_status != 0 ? given.http_status : 200, {}};
  if (!given.content_type.empty()) head.headers.emplace_back("content-type", given.content_type);
  std::string body;
  for (const std::string& piece : given.messages) body += piece;
  Finish(std::move(head), std::move(body));
}

void RawCall::OnTooLong() { Refuse(rpc::BodyTooLong(most_body_)); }

void RawCall::OnNoMemory() { Refuse(rpc::NoMemory()); }

void RawCall::OnGone() {
  answering_ = nullptr;
  timer_.Stop();
  request_.Cancel();
}

void RawCall::Refuse(const rpc::Problem& problem) {
  rpc::Reply reply = rpc::PlainRefusal(problem);
  Finish(std::move(reply.head), std::move(reply.body));
}

void RawCall::Finish(http::ResponseHead head, std::string body) {
  timer_.Stop();
  auto* const answering = std::exchange(answering_, nullptr);
  if (answering == nullptr) return;
  head.headers.insert(head.headers.end(), common_.begin(), common_.end());
  if (answering->Whole(std::move(head), std::move(body), {})) return;
  answering_ = answering;
  OnNoMemory();
}

}  // namespace ns::gateway
