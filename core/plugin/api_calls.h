// What edges ask of the platform through ns.host.api/1. core/host carries it out; the table, credit
// and life of a request are kept here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "plugin/request_body.h"
#include "ports/call.h"

namespace ns::plugin {

// What the transport knows of the peer.
struct ApiPeer {
  bool has_credentials = false;  // uid, gid and pid come from the kernel (Unix socket)
  uint32_t uid = 0, gid = 0;
  int64_t pid = 0;
  std::string address;  // "127.0.0.1" of a TCP peer; empty for a Unix socket
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
};

using ApiMetadata = std::vector<std::pair<std::string, std::string>>;  // names in lower case

struct ApiRequest {
  ApiPeer peer;
  std::string method;   // "package.Service/Method"
  std::string message;  // serialized
};

struct ApiRawRequest {
  ApiPeer peer;
  std::string http_method, path, body;  // of one that streams the body comes by ApiReply::body
};

// A raw HTTP entry that an edge serves.
struct ApiRawEntry {
  std::string path;  // exact, or a prefix when it ends in "/"
  bool get = false, post = false;
  int64_t max_body = 0;    // bytes
  bool operators = false;  // not for strangers, see ns_raw_entry
  bool stream = false;     // its requests come by Begin
};

// The way back to the edge. Dropped without an end, it ends as kUnavailable. [any-thread, one call
// at a time]
class ApiReply {
 public:
  virtual ~ApiReply() = default;
  // Cancelled when the edge wants no more; with the edge's deadline.
  virtual const ports::Call& call() const = 0;
  // Hands one message over. Waits until the edge can take it; kCancelled or kDeadline when that
  // does not come.
  virtual Status Message(std::string_view message) = 0;
  // Hands one message over if the edge can take it now. Otherwise false, and `more` is called once,
  // as soon as it can, or wants no more; briefly, since the edge waits for it. One that waits takes
  // the place of the one before.
  virtual bool Offer(std::string_view message, std::function<void()> more) = 0;
  // Metadata of a call: before its first message, to say that the answer begins, or (`trailing`)
  // before its end. Does not wait.
  virtual void Metadata(bool trailing, const ApiMetadata& metadata) = 0;
  // Of a request that streams (ApiCalls::Begin) alone: its body, and room for so many bytes more.
  virtual RequestBody* body() { return nullptr; }
  virtual void Want(uint64_t) {}
  // Exactly once, the last. `http_status` and `content_type`: raw entries only.
  virtual void End(const Status& outcome, int http_status = 0,
                   const std::string& content_type = "") = 0;
};

// [any-thread] Invoke, Raw and Begin must not block: they answer at once by what does not wait, or
// hand the request to threads of their own, which use `reply`.
class ApiCalls {
 public:
  virtual ~ApiCalls() = default;
  // A serialized google.protobuf.FileDescriptorSet of every service that can be invoked,
  // dependencies first.
  virtual std::string Descriptors() const = 0;
  virtual std::vector<ApiRawEntry> RawEntries() const = 0;
  virtual void Invoke(ApiRequest request, std::shared_ptr<ApiReply> reply) = 0;
  virtual void Raw(ApiRawRequest request, std::shared_ptr<ApiReply> reply) = 0;
  // Of an entry that streams.
  virtual void Begin(ApiRawRequest, std::shared_ptr<ApiReply> reply) {
    reply->End({Code::kUnsupported, "no entry here streams"});
  }
};

}  // namespace ns::plugin
