#include "call.h"

#include <algorithm>

namespace ns::gateway {
namespace {

using rpc::Converted;
using rpc::Problem;
using Clock = std::chrono::steady_clock;

constexpr uint32_t kWindow = 16;  // messages of a stream that the host may be ahead
constexpr size_t kHighWater =
    64 * 1024;  // bytes that the client has not taken: no more is asked for

// What comes from elsewhere must not end a line.
bool IsHeader(const std::pair<std::string, std::string>& header) {
  const auto printable = [](char c) { return c >= ' ' || c == '\t'; };
  return !header.first.empty() && std::ranges::all_of(header.first, printable) &&
         std::ranges::all_of(header.second, printable);
}

void Append(http::Headers& to, http::Headers more) {
  for (auto& header : more) {
    if (IsHeader(header)) to.push_back(std::move(header));
  }
}

}  // namespace

Call::Call(const Edge& edge, sdk::Peer peer, rpc::Plan plan, http::Headers common,
           http::Answering& answering)
    : edge_(edge),
      peer_(std::move(peer)),
      plan_(std::move(plan)),
      common_(std::move(common)),
      answering_(&answering),
      connection_(answering.connection()),
      timer_(*edge.io) {}

uint64_t Call::most_body() const {
  return plan_.message ? 0 : plan_.protocol->MostBody(edge_.settings.http.body_bytes);
}

void Call::OnTooLong() { Finish(rpc::BodyTooLong(edge_.settings.http.body_bytes)); }

void Call::OnNoMemory() { Finish(rpc::NoMemory()); }

void Call::OnRequest(std::string body) {
  Converted message = plan_.protocol->Message(plan_.message ? *plan_.message : std::move(body));
  if (auto* text = std::get_if<std::string>(&message)) {
    if (text->size() > edge_.settings.http.body_bytes) return OnTooLong();
    if (plan_.codec == rpc::Codec::kJson)
      message = edge_.schema.FromJson(plan_.method->request_type, *text);
  }
  if (auto* problem = std::get_if<Problem>(&message)) return Finish(std::move(*problem));
  Ask(std::get<std::string>(message));
}

void Call::Ask(const std::string& message) {
  if (!answering_->Hold(message.size())) return OnNoMemory();
  const bool stream = plan_.framed != nullptr;
  const std::chrono::nanoseconds longest = edge_.settings.call_time;
  std::optional<std::chrono::nanoseconds> time = plan_.timeout;
  if (!stream) time = std::min(time.value_or(longest), longest);
  std::optional<Clock::time_point> deadline;
  if (time) {
    deadline = Clock::now() + *time;
    timer_.At(*deadline + edge_.settings.grace, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      ForRequest(self->connection_, [&] {
        self->GiveUp(
            {NS_E_DEADLINE, "The call took too long; ask again, or give it more time.", {}, 0});
      });
    });
  }
  request_ = edge_.api.Invoke(std::exchange(peer_, {}), plan_.method->name, message, deadline,
                              stream ? kWindow : 1,
                              std::make_shared<Reception<Call>>(edge_.io, weak_from_this(), stream,
                                                                edge_.settings.answer_bytes));
}

void Call::OnGiven(Given given) {
  if (answering_ == nullptr) return;
  const auto self = shared_from_this();  // what is answered may be let go at once
  Append(leading_, std::move(given.leading));
  Append(trailing_, std::move(given.trailing));
  if (plan_.framed != nullptr && given.opened) Open();
  TakeMessages(std::move(given.messages));
  if (!given.ended) return GrantMore();
  if (given.error) return Finish(ProblemOf(*given.error));
  Finish(std::nullopt);
}

// Each in the codec of the call. One that cannot be told ends the call.
void Call::TakeMessages(std::vector<std::string> messages) {
  for (std::string& wire : messages) {
    if (answering_ == nullptr) return;
    Converted message = plan_.codec == rpc::Codec::kProto
                            ? Converted(std::move(wire))
                            : edge_.schema.ToJson(plan_.method->response_type, wire);
    if (auto* problem = std::get_if<Problem>(&message)) return GiveUp(std::move(*problem));
    if (plan_.framed == nullptr) {
      message_ = std::move(std::get<std::string>(message));
      continue;
    }
    ++taken_;
    answering_->Write(plan_.framed->Frame(std::move(std::get<std::string>(message))));
  }
}

void Call::GrantMore() {
  if (answering_ == nullptr || taken_ == 0 || answering_->unsent() > kHighWater) return;
  request_.Grant(std::exchange(taken_, 0));
}

void Call::OnDrained() { GrantMore(); }

void Call::Open() {
  if (std::exchange(opened_, true)) return;
  http::ResponseHead head = plan_.framed->Open(leading_);
  head.headers.insert(head.headers.end(), common_.begin(), common_.end());
  answering_->Open(std::move(head));
}

void Call::Finish(std::optional<Problem> problem) {
  if (answering_ == nullptr) return;
  timer_.Stop();
  const rpc::Outcome outcome{std::move(problem), std::move(trailing_)};
  if (plan_.framed != nullptr && !outcome.problem) Open();
  if (opened_) {
    rpc::Framed::Tail tail = plan_.framed->Close(outcome);
    if (answering_ != nullptr) answering_->Write(std::move(tail.bytes));
    if (auto* const answering = std::exchange(answering_, nullptr))
      answering->End(std::move(tail.trailers));
    return;
  }
  rpc::Reply reply =
      plan_.protocol->Whole(leading_, std::move(message_).value_or(std::string()), outcome);
  reply.head.headers.insert(reply.head.headers.end(), common_.begin(), common_.end());
  auto* const answering = std::exchange(answering_, nullptr);
  if (answering->Whole(std::move(reply.head), std::move(reply.body), std::move(reply.trailers)))
    return;
  answering_ = answering;
  OnNoMemory();
}

void Call::GiveUp(Problem problem) {
  const auto self = shared_from_this();
  request_.Cancel();
  Finish(std::move(problem));
}

// A unary call is answered still.
void Call::OnLeave() {
  if (plan_.framed != nullptr)
    GiveUp({NS_E_UNAVAILABLE, "This server is about to end; connect again to go on.", {}, 0});
}

void Call::OnGone() {
  answering_ = nullptr;
  timer_.Stop();
  request_.Cancel();
}

Problem Call::ProblemOf(const sdk::Error& error) const {
  return {error.code(), error.message(), edge_.schema.Details(error.details()), 0};
}

}  // namespace ns::gateway
