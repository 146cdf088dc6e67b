// A host for tests: the real table of ns.host.api/1 over functions that a test gives. Answers on a
// thread of its own, as the real one.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "ns/abi/host.h"
#include "ns/abi/host_api.h"
#include "ns/sdk/error.h"
#include "ns/sdk/host_api.h"

namespace ns::gateway {

// What came in with one request.
struct Asked {
  std::string method;  // "package.Service/Method", or "POST /path" of a raw entry
  std::string message;
  bool has_credentials = false;
  uint32_t uid = 0;
  std::string address;
  std::map<std::string, std::string> headers;
  int64_t deadline_ns = 0;
};

// What the host answers; the request ends without one when it was cancelled.
struct Told {
  std::string message;
  std::optional<sdk::Error> error;
  int http_status = 0;
  std::string content_type;
  std::vector<std::string> more{};  // messages of a stream, in the place of `message`
  sdk::Metadata leading{}, trailing{};
};

class FakeHost {
 public:
  using Handler = std::function<Told(const Asked&)>;

  explicit FakeHost(std::string descriptors);
  ~FakeHost();

  const ns_host* raw() const { return &raw_; }
  // Set before the first request.
  Handler handler;
  // Requests of this method get the beginning of an answer, and nothing more until they are
  // cancelled.
  std::string silent_method;

  std::vector<Asked> asked() const;
  size_t cancelled() const;
  // Messages of streams that were given.
  size_t delivered() const;
  // False after five seconds.
  bool WaitAsked(size_t count) const;
  bool WaitCancelled(size_t count) const;

 private:
  friend struct FakeTable;
  struct Request {
    Asked asked;
    ns_api_sink sink;
    uint64_t credit = 0;
    std::optional<Told> told;  // once the handler was asked
    size_t next = 0;           // of the stream's messages
  };

  static const FakeHost& Of(const ns_host* host) {
    return *static_cast<const FakeHost*>(host->host_data);
  }
  static FakeHost& MutableOf(const ns_host* host) {
    return *static_cast<FakeHost*>(host->host_data);
  }
  ns_api_request* Begin(const ns_peer* peer, std::string method, ns_bytes message,
                        int64_t deadline_ns, uint32_t credit, const ns_api_sink* sink);
  void Grant(ns_api_request* handle, uint32_t credit);
  void Cancel(ns_api_request* handle);
  void Run(const std::stop_token& stop);
  // False: the credit is used up before the end.
  bool Deliver(Request& request);
  static void End(const Request& request, const Told& told);
  bool Wait(const std::function<bool()>& so) const;

  const std::string descriptors_;
  ns_host raw_{};
  ns_host_api table_{};
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::deque<std::shared_ptr<Request>> queue_;
  std::map<ns_api_request*, std::shared_ptr<Request>> silent_, open_;
  std::vector<Asked> asked_;
  size_t cancelled_ = 0, delivered_ = 0;
  std::jthread thread_;  // last
};

}  // namespace ns::gateway
