// How the SDK asks a service of the host and turns its refusal into an exception.
#pragma once

#include <exception>
#include <optional>
#include <string>

#include "ns/sdk/call.h"

namespace ns::sdk::detail {

// Collects what the host tells by fail() while one of its services is asked, and passes the
// caller's deadline and cancellation on.
class Asking {
 public:
  explicit Asking(const Call& outer) : outer_(outer.raw()) {
    raw_.struct_size = sizeof(raw_);
    raw_.cancel_fd = outer.CancelFd();
    raw_.deadline_ns = outer_ ? outer_->deadline_ns : 0;
    raw_.traceparent = Str(outer.Traceparent());
    raw_.host_data = this;
    raw_.cancelled = [](const ns_call* call) noexcept -> int32_t {
      return Call(Of(call)->outer_).Cancelled() ? 1 : 0;
    };
    raw_.fail = [](const ns_call* call, const ns_problem* problem) noexcept {
      Of(call)->problem_ = ErrorOf(*problem);
    };
  }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  const ns_call* raw() const { return &raw_; }
  // Throws what the host told, or that it told nothing.
  void Check(ns_status status, const char* what) const {
    if (status == NS_OK) return;
    if (problem_) throw Error(*problem_);
    throw Error(status, "", std::string(what) + " failed in the host, which did not say why.",
                Fault::kPlatform);
  }

 private:
  static Asking* Of(const ns_call* call) { return static_cast<Asking*>(call->host_data); }

  const ns_call* outer_;
  ns_call raw_{};
  std::optional<Error> problem_;
};

template <class Table>
const Table& Offered(const Table* table, const char* id) {
  if (table) return *table;
  throw Error(NS_E_UNSUPPORTED, NS_REASON_UNSUPPORTED,
              std::string("This host does not offer ") + id + ".", Fault::kOperator);
}

}  // namespace ns::sdk::detail
