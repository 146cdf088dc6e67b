#include "api/problem.h"

#include <algorithm>
#include <span>

#include "base/id.h"
#include "base/log.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace ns::api {
namespace {

constexpr char kInvalidField[] = "InvalidField";

// "invalid_argument" as "InvalidArgument".
std::string ReasonOf(Code code) {
  std::string out;
  bool upper = true;
  for (const char c : CodeName(code)) {
    if (c == '_') {
      upper = true;
      continue;
    }
    out += upper ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return out;
}

google::rpc::Status WireOf(const Status& failure) {
  google::rpc::Status wire;
  if (!wire.ParseFromString(failure.details())) wire.Clear();
  wire.set_code(static_cast<int>(failure.code()));
  wire.set_message(failure.message());
  return wire;
}

google::rpc::RetryInfo RetryIn(Duration wait) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(wait);
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(seconds.count());
  info.mutable_retry_delay()->set_nanos(static_cast<int32_t>((wait - seconds).count()));
  return info;
}

// Keeps the cause in the log, under an id that the caller is told.
Status Hide(const Status& failure, const std::string& method, std::string& error_id,
            Random& random) {
  error_id = NewIdText(random).substr(0, 12);
  log::Error("a call met a defect",
             {{"error_id", error_id}, {"method", method}, {"error", failure.ToString()}});
  return {
      Code::kInternal, "InternalError",
      "something is broken here; the cause is in the log of nsd under the error id " + error_id};
}

// `rest`: what the message says of violations that are not listed.
Status Listing(Code code, std::string reason, std::span<const model::Violation> violations,
               const std::string& rest) {
  google::rpc::BadRequest bad;
  std::string message;
  for (const model::Violation& violation : violations) {
    auto* out = bad.add_field_violations();
    out->set_field(violation.field);
    out->set_description(violation.message);
    message += (message.empty() ? "" : "; ") + violation.field + ": " + violation.message;
  }
  message += rest;
  Status status(code, std::move(reason), std::move(message));
  google::rpc::Status wire;
  wire.add_details()->PackFrom(bad);
  return status.SetDetails(wire.SerializeAsString());
}

}  // namespace

Status Refuse(Code code, std::string reason, const model::Violations& violations) {
  const size_t told = std::min(violations.size(), kMostViolations);
  const size_t more = violations.size() - told;
  return Listing(code, std::move(reason), std::span(violations).first(told),
                 more == 0 ? "" : "; and " + std::to_string(more) + " more");
}

Status CheckNone(const model::Violations& violations) {
  if (violations.empty()) return Status();
  return Refuse(Code::kInvalid, kInvalidField, violations);
}

Status InvalidFieldsAndMore(const model::Violations& violations) {
  return Listing(Code::kInvalid, kInvalidField, violations, "; and more");
}

Status InvalidField(std::string field, std::string message) {
  return CheckNone({{std::move(field), std::move(message)}});
}

Status Inside(const std::string& field, const std::string& own, const Status& failure) {
  google::rpc::Status wire;
  google::rpc::BadRequest bad;
  if (!wire.ParseFromString(failure.details()) || wire.details_size() != 1 ||
      !wire.details(0).UnpackTo(&bad))
    return failure;
  model::Violations violations;
  for (const auto& one : bad.field_violations()) {
    const bool outside = one.field().starts_with(own);
    violations.push_back({outside ? one.field() : field + "." + one.field(), one.description()});
  }
  return Refuse(failure.code(), failure.reason(), violations);
}

Status ForCaller(Status failure, const std::string& method, Random& random) {
  google::rpc::ErrorInfo info;
  if (failure.code() == Code::kInternal) {
    std::string error_id;
    failure = Hide(failure, method, error_id, random);
    (*info.mutable_metadata())["error_id"] = error_id;
  }
  if (failure.reason().empty()) failure.SetReason(ReasonOf(failure.code()));
  info.set_reason(failure.reason());
  info.set_domain("neoshowcase");
  google::rpc::Status wire = WireOf(failure);
  wire.add_details()->PackFrom(info);
  if (failure.retry_after() && failure.retry_after()->count() > 0)
    wire.add_details()->PackFrom(RetryIn(*failure.retry_after()));
  return failure.SetDetails(wire.SerializeAsString());
}

}  // namespace ns::api
