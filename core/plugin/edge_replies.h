// Requests of one edge into the platform that are under way.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "ns/abi/host_api.h"
#include "plugin/api_calls.h"

namespace ns::plugin {

class EdgeReply;

// Handles are numbers, so that one used after its end is harmless. Shared with the replies, which
// may outlive the edge. [any-thread]
class EdgeReplies : public std::enable_shared_from_this<EdgeReplies> {
 public:
  explicit EdgeReplies(Clock& clock) : clock_(clock) {}
  EdgeReplies(const EdgeReplies&) = delete;
  EdgeReplies& operator=(const EdgeReplies&) = delete;

  // A new reply, ended as kUnavailable when it is dropped without an end, and its handle.
  // `deadline`: on Clock::Monotonic().
  std::pair<std::shared_ptr<ApiReply>, ns_api_request*> Begin(std::optional<Duration> deadline,
                                                              uint32_t credit,
                                                              const ns_api_sink& sink);
  void Grant(const ns_api_request* handle, uint32_t credit);
  void Cancel(const ns_api_request* handle);
  void Send(const ns_api_request* handle, std::string_view piece, bool last);
  // Cancels all and delivers no more: the edge is about to go. False: a delivery that had begun
  // takes longer than `patience`.
  bool Close(Duration patience);

 private:
  friend class EdgeReply;
  bool BeginDelivery();
  void EndDelivery();
  void Forget(uint64_t number);
  std::shared_ptr<EdgeReply> Find(const ns_api_request* handle);

  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable idle_;
  bool closed_ = false;
  int delivering_ = 0;
  uint64_t last_ = 0;
  std::map<uint64_t, std::weak_ptr<EdgeReply>> replies_;
};

}  // namespace ns::plugin
