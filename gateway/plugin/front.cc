#include "front.h"

#include <algorithm>

#include "raw_call.h"
#include "stream_call.h"

namespace ns::gateway {
namespace {

using rpc::Problem;

// What every answer carries.
http::Headers Always() {
  return {{"cache-control", "no-store"}, {"x-content-type-options", "nosniff"}};
}

std::shared_ptr<http::Handler> Send(rpc::Reply reply, const http::Headers& common,
                                    http::Answering& answering) {
  reply.head.headers.insert(reply.head.headers.end(), common.begin(), common.end());
  answering.Whole(std::move(reply.head), std::move(reply.body), std::move(reply.trailers));
  return nullptr;
}

// Whoever answers GET answers HEAD (RFC 9110, section 9.1), but streams, which Git asks for.
bool Allows(const sdk::RawEntry& entry, std::string_view method) {
  if (method == "HEAD") return entry.get && !entry.stream;
  return (method == "POST" && entry.post) || (method == "GET" && entry.get);
}

std::string MethodsOf(const sdk::RawEntry& entry) {
  std::string all;
  for (const std::string_view method : {"GET", "HEAD", "POST"}) {
    if (Allows(entry, method)) all.append(all.empty() ? "" : ", ").append(method);
  }
  return all;
}

rpc::Reply NotAllowed(const http::Head& head, const sdk::RawEntry& entry) {
  const std::string allowed = MethodsOf(entry);
  return rpc::HttpRefusal(405, head.method + " is not possible here; use " + allowed + ".",
                          {{"allow", allowed}});
}

}  // namespace

const sdk::RawEntry* Front::EntryOf(std::string_view path) const {
  const auto found = std::ranges::find_if(entries_, [this, path](const sdk::RawEntry& entry) {
    if (door_ != Door::kMachine && entry.operators != (door_ == Door::kOperators)) return false;
    return entry.path == path || (entry.path.ends_with('/') && path.starts_with(entry.path));
  });
  return found == entries_.end() ? nullptr : &*found;
}

std::shared_ptr<http::Handler> Front::Begin(http::Head head, const sdk::Peer& from,
                                            http::Answering& answering) {
  http::Headers common = Always();
  for (auto& header : cors_.For(head)) common.push_back(std::move(header));
  if (cors_.IsPreflight(head)) return Send({cors_.Preflight(head), "", {}}, Always(), answering);
  const auto target = rpc::ParseTarget(head.target);
  if (!target)
    return Send(rpc::PlainRefusal({NS_E_INVALID, "The target of the request is malformed.", {}, 0}),
                common, answering);
  sdk::Peer peer = from;
  head.headers.emplace_back(":method", head.method);
  head.headers.emplace_back(":path", head.target);
  if (const sdk::RawEntry* const entry = EntryOf(target->path)) {
    if (!Allows(*entry, head.method)) return Send(NotAllowed(head, *entry), common, answering);
    peer.headers = std::move(head.headers);
    const auto most = static_cast<uint64_t>(std::max<int64_t>(entry->max_body, 0));
    if (entry->stream) {
      const auto call =
          std::make_shared<StreamCall>(edge_, std::move(peer), most, std::move(common), answering);
      call->Begin(head.method, target->path);
      return call;
    }
    return std::make_shared<RawCall>(edge_, std::move(peer), std::move(head.method), target->path,
                                     most, std::move(common), answering);
  }
  if (door_ == Door::kOperators)
    return Send(rpc::HttpRefusal(404, "There is nothing here but what operators ask for."), common,
                answering);
  rpc::Planned planned = rpc::PlanCall(head, *target, edge_.schema, edge_.settings.http.body_bytes);
  if (auto* refusal = std::get_if<rpc::Reply>(&planned))
    return Send(std::move(*refusal), common, answering);
  peer.headers = std::move(head.headers);
  return std::make_shared<Call>(edge_, std::move(peer), std::move(std::get<rpc::Plan>(planned)),
                                std::move(common), answering);
}

std::pair<http::ResponseHead, std::string> Front::Unreadable(int status, std::string why) {
  rpc::Reply reply = rpc::PlainRefusal(
      {status == 431 ? NS_E_EXHAUSTED : NS_E_INVALID, std::move(why), {}, status}, Always());
  return {std::move(reply.head), std::move(reply.body)};
}

}  // namespace ns::gateway
