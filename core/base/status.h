// How every fallible operation of the host says what went wrong.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace ns {

// Chosen by what the caller does next. Numbers are gRPC's, so that they cross the plugin ABI and
// the wire unchanged.
enum class Code : int {
  kOk = 0,
  kCancelled = 1,         // the caller asked for it
  kInvalid = 3,           // the input is wrong: tell who gave it
  kDeadline = 4,          // took too long: try again later
  kNotFound = 5,          // there is no such thing
  kExists = 6,            // somebody has it already
  kDenied = 7,            // not allowed
  kExhausted = 8,         // a limit is reached
  kPrecondition = 9,      // not in this state
  kStale = 10,            // somebody was faster: read again, decide again
  kUnsupported = 12,      // this part cannot do it
  kInternal = 13,         // a defect: a person must look
  kUnavailable = 14,      // out of reach now: try again later
  kUnauthenticated = 16,  // who are you?
};

// The lower-case name of a code as in gRPC and Connect, e.g. "invalid_argument".
std::string_view CodeName(Code code);

// Whose fault a failure is. Platform faults are retried by the platform, the source's are not.
enum class Fault { kUnknown = 0, kSource = 1, kOperator = 2, kPlatform = 3 };

// The outcome of an operation without a value. Regular and comparable.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}
  Status(Code code, std::string reason, std::string message)
      : code_(code), reason_(std::move(reason)), message_(std::move(message)) {}

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  // Stable CamelCase code such as "ImagePullFailed", or empty.
  const std::string& reason() const { return reason_; }
  // One sentence for a person.
  const std::string& message() const { return message_; }
  // Serialized google.rpc detail messages as the API sends them, or empty.
  const std::string& details() const { return details_; }
  Fault fault() const { return fault_; }
  // How long to wait before another try; nullopt: the caller decides.
  std::optional<std::chrono::nanoseconds> retry_after() const { return retry_after_; }

  Status& SetReason(std::string reason) {
    reason_ = std::move(reason);
    return *this;
  }
  Status& SetFault(Fault fault) {
    fault_ = fault;
    return *this;
  }
  Status& SetDetails(std::string details) {
    details_ = std::move(details);
    return *this;
  }
  Status& SetRetryAfter(std::chrono::nanoseconds wait) {
    retry_after_ = wait;
    return *this;
  }

  // The same status with `context` and ": " put before the message.
  Status Prefixed(std::string_view context) const;
  // "not_found [RefMissing]: ..." for logs.
  std::string ToString() const;

  friend bool operator==(const Status&, const Status&) = default;

 private:
  Code code_ = Code::kOk;
  Fault fault_ = Fault::kUnknown;
  std::string reason_, message_, details_;
  std::optional<std::chrono::nanoseconds> retry_after_;
};

// A value or the status that says why there is none. `value()` without a value ends the process.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Status status)
      : state_(std::in_place_index<1>, std::move(status)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  Status status() const { return ok() ? Status() : std::get<1>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T& value() & { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

 private:
  std::variant<T, Status> state_;
};

Status Invalid(std::string message);
Status NotFound(std::string message);
Status Unavailable(std::string message);
Status Stale(std::string message);
Status Internal(std::string message);

}  // namespace ns

// Hands a failure up: `NS_TRY(DoIt());`
#define NS_TRY(expression)                                                                    \
  do {                                                                                        \
    if (::ns::Status ns_try_status = (expression); !ns_try_status.ok()) return ns_try_status; \
  } while (false)

// Hands a failure up or takes the value: `NS_ASSIGN(auto app, store.Load(id));`
#define NS_ASSIGN(target, expression) NS_ASSIGN_AT_(target, expression, __LINE__)
#define NS_ASSIGN_AT_(target, expression, line) NS_ASSIGN_NAMED_(target, expression, line)
#define NS_ASSIGN_NAMED_(target, expression, line)              \
  auto ns_result_##line = (expression);                         \
  if (!ns_result_##line.ok()) return ns_result_##line.status(); \
  target = std::move(ns_result_##line).value()
