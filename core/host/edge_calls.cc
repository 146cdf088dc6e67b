#include "host/edge_calls.h"

#include "api/log_followers.h"
#include "api/wait_turns.h"
#include "host/reply_stream.h"
#include "proto/descriptors.h"

namespace ns::host {
namespace {

// Those that may wait for somebody else never keep out what waits for the database alone.
constexpr size_t kWaiting = api::LogFollowers::kSeats + api::WaitTurns::kForRemotes +
                            api::WaitTurns::kForOutputs + api::WaitTurns::kForStorage;
constexpr size_t kThreads = kWaiting + 12;
constexpr size_t kAsking = 8;          // streams that are looked at where it may be kept waiting
constexpr size_t kAskingForOne = 4;    // of those, streams of one user
constexpr size_t kForOperators = 4;    // health and figures, which are asked for when all is stuck
constexpr size_t kWaitingForEach = 4;  // raw requests that stream, for each that is under way
constexpr Duration kShortAnswer = std::chrono::seconds(30);  // for a client to take one

api::Peer PeerOf(plugin::ApiPeer peer) {
  return {peer.has_credentials, peer.uid, peer.gid, std::move(peer.address),
          std::move(peer.headers)};
}

}  // namespace

EdgeCalls::EdgeCalls(api::Dispatcher& dispatcher, metrics::Calls& counted, Clock& clock,
                     size_t streams)
    : dispatcher_(dispatcher),
      counted_(counted),
      clock_(clock),
      most_waiting_(kWaitingForEach * streams),
      raw_streams_(streams),
      host_streams_(streams),
      operators_(kForOperators),
      asking_(kAsking),
      pool_(kThreads) {
  for (const api::RawEntry& entry : dispatcher.RawEntries())
    if (entry.operators) for_operators_.insert(entry.path);
  pump_.emplace(pool_, asking_, kAskingForOne, clock);
  dispatcher_.OnMore([this](const std::string& id) { pump_->OnMore(id); });
  events_ = std::jthread([this](const std::stop_token& stop) { dispatcher_.FollowEvents(stop); });
}

EdgeCalls::~EdgeCalls() {
  dispatcher_.OnMore(nullptr);
  pump_->Stop();
}

std::string EdgeCalls::Descriptors() const { return proto::DescriptorSet(); }

std::vector<plugin::ApiRawEntry> EdgeCalls::RawEntries() const {
  std::vector<plugin::ApiRawEntry> entries;
  for (const api::RawEntry& entry : dispatcher_.RawEntries())
    entries.push_back(
        {entry.path, entry.get, entry.post, entry.max_body, entry.operators, entry.stream});
  return entries;
}

// How long it waits for a thread counts too. What waits for nothing needs none; an edge that cannot
// take the answer yet is waited for elsewhere.
void EdgeCalls::Invoke(plugin::ApiRequest request, std::shared_ptr<plugin::ApiReply> reply) {
  Asked asked{PeerOf(std::move(request.peer)), std::move(request.method),
              std::move(request.message), clock_.Monotonic()};
  auto answer = dispatcher_.AnswerAtOnce(reply->call(), asked.peer, asked.method, asked.message);
  if (answer && (!answer->ok() || reply->Offer(**answer, [] {})))
    return Over(asked, answer->status(), *reply);
  if (answer) {
    return pool_.Submit([this, asked = std::move(asked), answer = *std::move(answer),
                         reply = std::move(reply)] { End(asked, answer, *reply); });
  }
  pool_.Submit(
      [this, asked = std::move(asked), reply = std::move(reply)] { Answer(asked, reply); });
}

void EdgeCalls::Answer(const Asked& asked, const std::shared_ptr<plugin::ApiReply>& reply) {
  if (dispatcher_.Streams(asked.method)) return Open(asked, reply);
  End(asked, dispatcher_.Invoke(reply->call(), asked.peer, asked.method, asked.message), *reply);
}

void EdgeCalls::End(const Asked& asked, const Result<std::string>& answer,
                    plugin::ApiReply& reply) {
  Over(asked, answer.ok() ? reply.Message(*answer) : answer.status(), reply);
}

void EdgeCalls::Over(const Asked& asked, const Status& outcome, plugin::ApiReply& reply) {
  Count(asked.method, outcome, asked.at);
  reply.End(outcome);
}

void EdgeCalls::Open(const Asked& asked, const std::shared_ptr<plugin::ApiReply>& reply) {
  auto stream = dispatcher_.Open(reply->call(), asked.peer, asked.method, asked.message);
  Count(asked.method, stream.status(), asked.at);
  if (!stream.ok()) return reply->End(stream.status());
  reply->Metadata(false, {});  // the answer begins, though its first message may be long in coming
  pump_->Begin(std::move(*stream), reply);
}

// Whatever strangers call, the names are those of the API and one more.
void EdgeCalls::Count(const std::string& method, const Status& outcome, Duration asked) {
  const bool known = proto::FindMethod(method) != nullptr;
  counted_.Count(known ? method : "unknown", outcome.code(), clock_.Monotonic() - asked);
}

void EdgeCalls::Raw(plugin::ApiRawRequest request, std::shared_ptr<plugin::ApiReply> reply) {
  act::WorkerPool& threads = for_operators_.contains(request.path) ? operators_ : pool_;
  threads.Submit([this, request = std::move(request), reply = std::move(reply)]() mutable {
    const api::RawAnswer answer = dispatcher_.Raw(reply->call(), PeerOf(std::move(request.peer)),
                                                  request.http_method, request.path, request.body);
    reply->End(reply->Message(answer.body), answer.http_status, answer.content_type);
  });
}

// Hosts fetch what they build, and must not wait until people have pushed, nor they for hosts.
void EdgeCalls::Begin(plugin::ApiRawRequest request, std::shared_ptr<plugin::ApiReply> reply) {
  api::Peer peer = PeerOf(std::move(request.peer));
  act::WorkerPool& threads = dispatcher_.OfAHost(peer) ? host_streams_ : raw_streams_;
  const bool begun = threads.Offer([this, request = std::move(request), peer = std::move(peer),
                                    reply]() mutable { Stream(request, peer, *reply); },
                                   most_waiting_);
  if (begun) return;
  ReplyStream(*reply, clock_)
      .Open(503, {{"content-type", "text/plain; charset=utf-8"}, {"retry-after", "5"}});
  (void)reply->Offer("too many requests wait; try again in a few seconds\n", [] {});
  reply->End({});
}

void EdgeCalls::Stream(plugin::ApiRawRequest& request, const api::Peer& peer,
                       plugin::ApiReply& reply) {
  ReplyStream stream(reply, clock_);
  const auto answer =
      dispatcher_.Raw(reply.call(), peer, request.http_method, request.path, stream);
  if (!answer.ok() || !*answer) return reply.End(answer.status());
  const api::RawAnswer& whole = **answer;
  api::RawHeaders headers = whole.headers;
  headers.emplace_back("content-type", whole.content_type);
  stream.Open(whole.http_status, headers);
  reply.End(
      stream.bytes().Give({reply.call().cancel, clock_.Monotonic() + kShortAnswer}, whole.body));
}

}  // namespace ns::host
