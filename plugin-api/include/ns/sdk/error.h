// How a plugin's code says what went wrong: it throws, and the thunk tells the host.
#pragma once

#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include "ns/abi/reasons.h"
#include "ns/sdk/text.h"

namespace ns::sdk {

// Whose fault a failure is. The platform retries its own, not the source's.
enum class Fault : int32_t {
  kUnknown = NS_FAULT_UNKNOWN,
  kSource = NS_FAULT_SOURCE,
  kOperator = NS_FAULT_OPERATOR,
  kPlatform = NS_FAULT_PLATFORM,
};

// `throw Error{NS_E_NOT_FOUND, NS_REASON_IMAGE_GONE, "Image x is not in the registry any more;
// build again."}`
class Error : public std::exception {
 public:
  // `code`: NS_E_*; `reason`: stable CamelCase code (reasons.h); `message`: what, why and what to
  // do, one sentence for a person.
  Error(ns_status code, std::string reason, std::string message, Fault fault = Fault::kUnknown)
      : code_(code == NS_OK ? NS_E_INTERNAL : code),
        fault_(fault),
        reason_(std::move(reason)),
        message_(std::move(message)) {}

  ns_status code() const { return code_; }
  Fault fault() const { return fault_; }
  const std::string& reason() const { return reason_; }
  const std::string& message() const { return message_; }
  const std::string& details() const { return details_; }
  std::chrono::nanoseconds retry_after() const { return retry_after_; }
  const char* what() const noexcept override { return message_.c_str(); }

  // Not before that time; -1 ns: not before something changes; 0: the host decides.
  Error& SetRetryAfter(std::chrono::nanoseconds wait) {
    retry_after_ = wait;
    return *this;
  }
  // A serialized google.rpc.Status.
  Error& SetDetails(std::string details) {
    details_ = std::move(details);
    return *this;
  }

 private:
  ns_status code_;
  Fault fault_;
  std::string reason_, message_, details_;
  std::chrono::nanoseconds retry_after_{0};
};

// The host asked to stop by what it returned from a sink: the call ends with that value and no
// complaint. Let it pass.
class Stopped : public Error {
 public:
  explicit Stopped(ns_status code) : Error(code, NS_REASON_CANCELLED, "The host wants no more.") {}
};

inline void ThrowIfStopped(ns_status status) {
  if (status != NS_OK) throw Stopped(status);
}

// What the host, or a reader of a problem, was told; turned back into an Error.
inline Error ErrorOf(const ns_problem& problem) {
  Error error(problem.code, Text(problem.reason), Text(problem.message),
              static_cast<Fault>(problem.fault));
  error.SetRetryAfter(std::chrono::nanoseconds(problem.retry_after_ns))
      .SetDetails(std::string(View(problem.details)));
  return error;
}

}  // namespace ns::sdk
