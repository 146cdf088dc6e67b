// ns.host.api/1 on what core/host offers as ApiCalls.
#include <optional>
#include <utility>

#include "ns/sdk/text.h"
#include "plugin/host_context.h"

namespace ns::plugin {
namespace {

ApiPeer PeerOf(const ns_peer* raw) {
  ApiPeer peer;
  if (!NS_HAS(raw, header_count)) return peer;
  peer.has_credentials = raw->has_credentials != 0;
  peer.uid = raw->uid;
  peer.gid = raw->gid;
  peer.pid = raw->pid;
  peer.address = sdk::Text(raw->address);
  peer.headers.reserve(raw->header_count);
  for (size_t i = 0; i < raw->header_count; ++i)
    peer.headers.emplace_back(sdk::Text(raw->headers[i].name), sdk::Text(raw->headers[i].value));
  return peer;
}

std::optional<Duration> DeadlineOf(int64_t nanoseconds) {
  return nanoseconds == 0 ? std::nullopt : std::optional(Duration(nanoseconds));
}

ns_status Descriptors(const ns_host* host, ns_sink out) noexcept {
  const std::string bytes = ContextOf(host).api->Descriptors();
  return out.write(out.ctx, sdk::Bytes(bytes));
}

ns_api_request* Invoke(const ns_host* host, const ns_peer* peer, ns_str method, ns_bytes message,
                       int64_t deadline_ns, uint32_t credit, const ns_api_sink* sink) noexcept {
  HostContext& context = ContextOf(host);
  auto [reply, handle] = context.replies->Begin(DeadlineOf(deadline_ns), credit, *sink);
  context.api->Invoke({PeerOf(peer), sdk::Text(method), std::string(sdk::View(message))},
                      std::move(reply));
  return handle;
}

ns_api_request* Raw(const ns_host* host, const ns_peer* peer, ns_str http_method, ns_str path,
                    ns_bytes body, int64_t deadline_ns, uint32_t credit,
                    const ns_api_sink* sink) noexcept {
  HostContext& context = ContextOf(host);
  auto [reply, handle] = context.replies->Begin(DeadlineOf(deadline_ns), credit, *sink);
  context.api->Raw(
      {PeerOf(peer), sdk::Text(http_method), sdk::Text(path), std::string(sdk::View(body))},
      std::move(reply));
  return handle;
}

ns_api_request* RawBegin(const ns_host* host, const ns_peer* peer, ns_str http_method, ns_str path,
                         int64_t deadline_ns, uint32_t credit, const ns_api_sink* sink) noexcept {
  HostContext& context = ContextOf(host);
  auto [reply, handle] = context.replies->Begin(DeadlineOf(deadline_ns), credit, *sink);
  context.api->Begin({PeerOf(peer), sdk::Text(http_method), sdk::Text(path), {}}, std::move(reply));
  return handle;
}
void Send(const ns_host* host, ns_api_request* request, ns_bytes piece, int32_t last) noexcept {
  ContextOf(host).replies->Send(request, sdk::View(piece), last != 0);
}

void Grant(const ns_host* host, ns_api_request* request, uint32_t credit) noexcept {
  ContextOf(host).replies->Grant(request, credit);
}
void Cancel(const ns_host* host, ns_api_request* request) noexcept {
  ContextOf(host).replies->Cancel(request);
}

void RawEntries(const ns_host* host, ns_raw_sink out) noexcept {
  for (const ApiRawEntry& entry : ContextOf(host).api->RawEntries()) {
    const int32_t methods = (entry.post ? NS_RAW_POST : 0) | (entry.get ? NS_RAW_GET : 0) |
                            (entry.stream ? NS_RAW_STREAM : 0);
    const ns_raw_entry raw{sizeof(ns_raw_entry),
                           methods,
                           sdk::Str(entry.path),
                           entry.max_body,
                           entry.operators ? NS_RAW_OPERATORS : NS_RAW_EVERYBODY,
                           0};
    out.put(out.ctx, &raw);
  }
}

}  // namespace

const ns_host_api& ApiTable() {
  static constexpr ns_host_api kTable = {
      sizeof(ns_host_api), 0,    &Descriptors, &Invoke, &Grant, &Cancel,
      &RawEntries,         &Raw, &RawBegin,    &Send};
  return kTable;
}

}  // namespace ns::plugin
