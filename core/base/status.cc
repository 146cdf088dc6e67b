#include "base/status.h"

namespace ns {

std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kOk:
      return "ok";
    case Code::kCancelled:
      return "canceled";
    case Code::kInvalid:
      return "invalid_argument";
    case Code::kDeadline:
      return "deadline_exceeded";
    case Code::kNotFound:
      return "not_found";
    case Code::kExists:
      return "already_exists";
    case Code::kDenied:
      return "permission_denied";
    case Code::kExhausted:
      return "resource_exhausted";
    case Code::kPrecondition:
      return "failed_precondition";
    case Code::kStale:
      return "aborted";
    case Code::kUnsupported:
      return "unimplemented";
    case Code::kInternal:
      return "internal";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kUnauthenticated:
      return "unauthenticated";
  }
  return "unknown";
}

Status Status::Prefixed(std::string_view context) const {
  Status copy = *this;
  copy.message_ = std::string(context) + ": " + message_;
  return copy;
}

std::string Status::ToString() const {
  std::string text(CodeName(code_));
  if (!reason_.empty()) text += " [" + reason_ + "]";
  if (!message_.empty()) text += ": " + message_;
  return text;
}

Status Invalid(std::string message) { return {Code::kInvalid, std::move(message)}; }
Status NotFound(std::string message) { return {Code::kNotFound, std::move(message)}; }
Status Unavailable(std::string message) { return {Code::kUnavailable, std::move(message)}; }
Status Stale(std::string message) { return {Code::kStale, std::move(message)}; }
Status Internal(std::string message) { return {Code::kInternal, std::move(message)}; }

}  // namespace ns
