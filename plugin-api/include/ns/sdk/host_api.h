// The platform's public API for edges. The host authenticates, authorises and acts; an edge carries
// bytes.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ns/abi/host_api.h"
#include "ns/sdk/ask.h"

namespace ns::sdk {

// What the transport knows of the peer.
struct Peer {
  bool has_credentials = false;  // uid, gid and pid come from the kernel (Unix socket)
  uint32_t uid = 0, gid = 0;
  int64_t pid = 0;
  std::string address;  // "127.0.0.1" of a TCP peer; empty for a Unix socket
  std::vector<std::pair<std::string, std::string>>
      headers;  // all of the request; names in lower case
};

struct RawEntry {
  bool post = false, get = false;
  std::string path;        // exact, or a prefix when it ends in "/"
  int64_t max_body = 0;    // bytes; refuse more before reading it
  bool operators = false;  // not to be served where strangers come in
  bool stream = false;     // to be asked by RawBegin
};

// How a request ended. Views are valid until OnEnd returns.
struct ApiEnd {
  std::optional<Error> error;     // none: success
  int http_status = 0;            // raw entries only
  std::string_view content_type;  // raw entries only
};

using Metadata = std::vector<std::pair<std::string, std::string>>;  // names in lower case

// Takes what a request gives, on host threads, one call at a time per request. Kept alive until
// OnEnd has returned. Neither may throw.
class ApiReceiver {
 public:
  virtual ~ApiReceiver() = default;
  // One message: serialized protobuf (Invoke) or body bytes (Raw); valid until it returns. Counts
  // against the credit.
  virtual void OnMessage(std::string_view message) noexcept = 0;
  // Of a call: before its first message, when the answer begins, or (`trailing`) before its end. Of
  // RawBegin: the head of a streamed answer, with ":status".
  virtual void OnMetadata(bool trailing, const Metadata& metadata) noexcept {
    (void)trailing;
    (void)metadata;
  }
  // Of RawBegin: so many bytes more of the body may be sent.
  virtual void OnWant(uint64_t bytes) noexcept { (void)bytes; }
  // Exactly once.
  virtual void OnEnd(const ApiEnd& end) noexcept = 0;
};

// A request under way. Copies speak of the same one; harmless after its end. [any-thread]
class ApiRequest {
 public:
  ApiRequest() = default;
  void Grant(uint32_t credit) const;
  // The result is no longer wanted; OnEnd still comes.
  void Cancel() const;
  // Of RawBegin: the next bytes of the body, never more than are wanted. `last`: the end of it.
  void Send(std::string_view piece, bool last) const;

 private:
  friend class Api;
  struct Shared {
    std::mutex
        mutex;  // held while the host is told something, so that the handle cannot die meanwhile
    const ns_host* host = nullptr;
    const ns_host_api* table = nullptr;
    ns_api_request* handle = nullptr;
    bool ended = false;
    std::shared_ptr<ApiReceiver> receiver;
  };
  std::shared_ptr<Shared> shared_;
};

// [any-thread]
class Api {
 public:
  using Deadline = std::optional<Call::Clock::time_point>;

  Api() = default;
  Api(const ns_host* host, const ns_host_api* table) : host_(host), table_(table) {}
  bool offered() const { return table_ != nullptr; }

  // A serialized google.protobuf.FileDescriptorSet of every service that can be invoked,
  // dependencies first.
  std::string Descriptors() const;
  std::vector<RawEntry> RawEntries() const;
  // Calls "package.Service/Method" with one request message. `credit`: messages the caller can take
  // now. A refusal comes by OnEnd too, perhaps before this returns.
  ApiRequest Invoke(const Peer& peer, std::string_view method, std::string_view message,
                    Deadline deadline, uint32_t credit,
                    std::shared_ptr<ApiReceiver> receiver) const;
  // A raw HTTP request of an entry; as Invoke.
  ApiRequest Raw(const Peer& peer, std::string_view http_method, std::string_view path,
                 std::string_view body, Deadline deadline, uint32_t credit,
                 std::shared_ptr<ApiReceiver> receiver) const;
  // As Raw for an entry that streams: the body follows by ApiRequest::Send.
  ApiRequest RawBegin(const Peer& peer, std::string_view http_method, std::string_view path,
                      Deadline deadline, uint32_t credit,
                      std::shared_ptr<ApiReceiver> receiver) const;

 private:
  using Shared = ApiRequest::Shared;
  using Context = std::shared_ptr<Shared>;  // what a sink's ctx points to, on the heap until on_end

  const ns_host_api& Table() const { return detail::Offered(table_, NS_HOST_API); }
  static int64_t Nanoseconds(Deadline deadline) {
    return deadline ? std::chrono::nanoseconds(deadline->time_since_epoch()).count() : 0;
  }
  template <class Begin>
  ApiRequest Start(const Peer& peer, std::shared_ptr<ApiReceiver> receiver,
                   const Begin& begin) const;
  static void OnMessage(void* ctx, ns_bytes message) noexcept {
    (*static_cast<Context*>(ctx))->receiver->OnMessage(View(message));
  }
  static void OnEnd(void* ctx, const ns_problem* problem, int32_t http_status,
                    ns_str content_type) noexcept;
  static void OnMetadata(void* ctx, int32_t trailing, const ns_header* headers,
                         size_t count) noexcept {
    Metadata metadata;
    for (size_t i = 0; i < count; ++i)
      metadata.emplace_back(Text(headers[i].name), Text(headers[i].value));
    (*static_cast<Context*>(ctx))->receiver->OnMetadata(trailing != 0, metadata);
  }
  static void OnWant(void* ctx, uint64_t bytes) noexcept {
    (*static_cast<Context*>(ctx))->receiver->OnWant(bytes);
  }

  const ns_host* host_ = nullptr;
  const ns_host_api* table_ = nullptr;
};

inline void ApiRequest::Grant(uint32_t credit) const {
  if (!shared_) return;
  std::lock_guard lock(shared_->mutex);
  if (shared_->handle) shared_->table->grant(shared_->host, shared_->handle, credit);
}

inline void ApiRequest::Cancel() const {
  if (!shared_) return;
  std::lock_guard lock(shared_->mutex);
  if (shared_->handle) shared_->table->cancel(shared_->host, shared_->handle);
}

inline void ApiRequest::Send(std::string_view piece, bool last) const {
  if (!shared_) return;
  std::lock_guard lock(shared_->mutex);
  if (shared_->handle)
    shared_->table->send(shared_->host, shared_->handle, Bytes(piece), last ? 1 : 0);
}

inline std::string Api::Descriptors() const {
  std::string bytes;
  const auto append = [](void* ctx, ns_bytes chunk) noexcept -> ns_status {
    static_cast<std::string*>(ctx)->append(View(chunk));
    return NS_OK;
  };
  detail::Asking(Call()).Check(Table().descriptors(host_, {&bytes, append}),
                               "Asking for descriptors");
  return bytes;
}

inline std::vector<RawEntry> Api::RawEntries() const {
  std::vector<RawEntry> entries;
  const auto add = [](void* ctx, const ns_raw_entry* raw) noexcept {
    const bool operators = NS_HAS(raw, audience) && raw->audience != NS_RAW_EVERYBODY;
    static_cast<std::vector<RawEntry>*>(ctx)->push_back(
        {(raw->methods & NS_RAW_POST) != 0, (raw->methods & NS_RAW_GET) != 0, Text(raw->path),
         raw->max_body, operators, (raw->methods & NS_RAW_STREAM) != 0});
  };
  Table().raw_entries(host_, {&entries, add});
  return entries;
}

template <class Begin>
ApiRequest Api::Start(const Peer& peer, std::shared_ptr<ApiReceiver> receiver,
                      const Begin& begin) const {
  ApiRequest request;
  request.shared_ = std::make_shared<Shared>();
  request.shared_->host = host_;
  request.shared_->table = &Table();
  request.shared_->receiver = std::move(receiver);
  std::vector<ns_header> headers;
  for (const auto& [name, value] : peer.headers) headers.push_back({Str(name), Str(value)});
  const ns_peer raw_peer{sizeof(ns_peer), peer.has_credentials ? 1 : 0,
                         peer.uid,        peer.gid,
                         peer.pid,        Str(peer.address),
                         headers.data(),  headers.size()};
  const ns_api_sink sink{
      sizeof(ns_api_sink), 0,      new Context(request.shared_), &OnMessage, &OnEnd,
      &OnMetadata,         &OnWant};
  ns_api_request* handle = begin(raw_peer, sink);
  std::lock_guard lock(request.shared_->mutex);
  if (!request.shared_->ended) request.shared_->handle = handle;
  return request;
}

inline ApiRequest Api::Invoke(const Peer& peer, std::string_view method, std::string_view message,
                              Deadline deadline, uint32_t credit,
                              std::shared_ptr<ApiReceiver> receiver) const {
  return Start(peer, std::move(receiver), [&](const ns_peer& from, const ns_api_sink& sink) {
    return table_->invoke(host_, &from, Str(method), Bytes(message), Nanoseconds(deadline), credit,
                          &sink);
  });
}

inline ApiRequest Api::Raw(const Peer& peer, std::string_view http_method, std::string_view path,
                           std::string_view body, Deadline deadline, uint32_t credit,
                           std::shared_ptr<ApiReceiver> receiver) const {
  return Start(peer, std::move(receiver), [&](const ns_peer& from, const ns_api_sink& sink) {
    return table_->raw(host_, &from, Str(http_method), Str(path), Bytes(body),
                       Nanoseconds(deadline), credit, &sink);
  });
}

inline ApiRequest Api::RawBegin(const Peer& peer, std::string_view http_method,
                                std::string_view path, Deadline deadline, uint32_t credit,
                                std::shared_ptr<ApiReceiver> receiver) const {
  return Start(peer, std::move(receiver), [&](const ns_peer& from, const ns_api_sink& sink) {
    return table_->raw_begin(host_, &from, Str(http_method), Str(path), Nanoseconds(deadline),
                             credit, &sink);
  });
}

inline void Api::OnEnd(void* ctx, const ns_problem* problem, int32_t http_status,
                       ns_str content_type) noexcept {
  const std::unique_ptr<Context> context(static_cast<Context*>(ctx));
  const std::shared_ptr<ApiReceiver> receiver = (*context)->receiver;
  {
    std::lock_guard lock((*context)->mutex);
    (*context)->ended = true;
    (*context)->handle = nullptr;
    (*context)->receiver.reset();
  }
  ApiEnd end{std::nullopt, http_status, View(content_type)};
  if (problem) end.error = ErrorOf(*problem);
  receiver->OnEnd(end);
}

}  // namespace ns::sdk
