// Who asked for what, for admins and for those whom it concerns.
#include <charconv>

#include "api/convert.h"
#include "api/method.h"
#include "api/owned.h"
#include "api/problem.h"
#include "neoshowcase/platform/v1/audit.pb.h"

namespace ns::api {
namespace {

namespace platform = neoshowcase::platform::v1;

constexpr int kMost = 1000, kUsual = 100;
constexpr size_t kLongest = 200;  // bytes of a filter

platform::AuditEvent Show(const model::AuditEvent& event) {
  platform::AuditEvent out;
  *out.mutable_at() = ToProto(event.at);
  out.set_user_id(event.user.str());
  out.set_user_name(event.user_name);
  out.set_via(event.via);
  out.set_token_id(event.credential);
  out.set_address(event.address);
  out.set_method(event.method);
  out.set_object_kind(event.object_kind);
  out.set_object_id(event.object_id);
  out.set_application_id(event.app.str());
  out.set_repository_id(event.repository.str());
  out.set_result_id(event.result_id);
  out.set_outcome(std::string(CodeName(event.code)));
  out.set_reason(event.reason);
  out.set_request_id(event.request);
  return out;
}

// A cursor in digits; nothing: it is none.
std::optional<int64_t> PlaceOf(const std::string& text) {
  int64_t place = 0;
  if (text.empty()) return place;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), place);
  if (error != std::errc() || end != text.data() + text.size() || place <= 0) return std::nullopt;
  return place;
}

Status Check(const platform::ListAuditEventsRequest& in) {
  model::Violations violations;
  const auto check_length = [&](const char* field, const std::string& value) {
    if (value.size() > kLongest)
      violations.push_back(
          {field, "must have at most 200 bytes, has " + std::to_string(value.size())});
  };
  check_length("user", in.user());
  check_length("method", in.method());
  if (!in.object().empty() && !IsId(in.object())) {
    violations.push_back({"object", "must be an id of 22 lower-case hex characters, got " +
                                        model::Quoted(in.object())});
  }
  if (in.limit() < 0 || in.limit() > kMost)
    violations.push_back({"limit", "must be 0 to 1000, got " + std::to_string(in.limit())});
  if (!PlaceOf(in.before())) {
    violations.push_back(
        {"before", "must be `next` of an earlier answer, got " + model::Quoted(in.before())});
  }
  return CheckNone(violations);
}

Result<platform::ListAuditEventsResponse> ListAuditEvents(
    const Context& context, const Request& request, const platform::ListAuditEventsRequest& in) {
  NS_TRY(Check(in));
  ports::AuditQuery query;
  query.all = request.user.admin;
  query.viewer = request.user.id;
  if (!query.all) {
    NS_ASSIGN(const auto owned, OwnedIds(context, request.user));
    query.owned.assign(owned.begin(), owned.end());
  }
  query.user = in.user();
  query.object = in.object();
  query.method = in.method();
  if (in.has_since()) query.since = FromProto(in.since());
  if (in.has_until()) query.until = FromProto(in.until());
  query.before = *PlaceOf(in.before());
  query.limit = in.limit() == 0 ? kUsual : in.limit();
  NS_ASSIGN(const auto events, context.store().audit.List(query));
  platform::ListAuditEventsResponse out;
  for (const model::AuditEvent& event : events) *out.add_events() = Show(event);
  if (std::ssize(events) == query.limit) out.set_next(std::to_string(events.back().cursor));
  return out;
}

}  // namespace

void OfferAudit(MethodTable& table) {
  Offer(table, std::string(kAuditService) + "ListAuditEvents", ListAuditEvents);
}

}  // namespace ns::api
