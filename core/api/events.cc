// What happened, for those whom it concerns.
#include <algorithm>
#include <map>

#include "api/convert_platform.h"
#include "api/event_view.h"
#include "api/method.h"
#include "api/owned.h"
#include "api/problem.h"

namespace ns::api {
namespace {

constexpr int kMost = 1000;

// Names of those who acted.
class Actors {
 public:
  explicit Actors(const Context& context) : context_(context) {}
  const std::string& NameOf(const std::string& actor) {
    const auto [known, fresh] = names_.try_emplace(actor);
    if (fresh) known->second = NameOfActor(context_, actor);
    return known->second;
  }

 private:
  const Context& context_;
  std::map<std::string, std::string> names_;
};

Status Check(const platform::ListEventsRequest& in) {
  model::Violations violations;
  if (in.limit() < 0 || in.limit() > kMost)
    violations.push_back({"limit", "must be 0 to 1000, got " + std::to_string(in.limit())});
  if (in.newest() && !in.after().empty()) {
    violations.push_back({"after", "must be empty where the newest are asked for, got " +
                                       model::Quoted(in.after())});
  }
  return CheckNone(violations);
}

Result<ports::EventPage> Read(const Context& context, const AppId& app,
                              const platform::ListEventsRequest& in) {
  NS_TRY(Check(in));
  const int limit = in.limit() == 0 ? 100 : in.limit();
  if (in.newest()) return context.store().events.Newest(app, limit);
  auto page = context.store().events.After(app, in.after(), limit);
  if (page.status().code() == Code::kInvalid)
    return InvalidField("after",
                        "must be `next` of an earlier answer, got " + model::Quoted(in.after()));
  return page;
}

Result<platform::ListEventsResponse> ListApplicationEvents(const Context& context,
                                                           const Request& request,
                                                           const platform::ListEventsRequest& in) {
  NS_ASSIGN(const auto page, Read(context, request.on.app->id, in));
  Actors actors(context);
  platform::ListEventsResponse out;
  for (const model::Event& event : page.events)
    *out.add_events() = ToProto(event, actors.NameOf(event.actor));
  out.set_next(page.next);
  return out;
}

Result<platform::ListEventsResponse> ListEvents(const Context& context, const Request& request,
                                                const platform::ListEventsRequest& in) {
  if (!in.application_id().empty())
    return InvalidField("application_id", "must be empty: ListApplicationEvents tells of one");
  NS_ASSIGN(const auto page, Read(context, AppId(), in));
  NS_ASSIGN(const auto owned, OwnedIds(context, request.user));
  Actors actors(context);
  platform::ListEventsResponse out;
  for (const model::Event& event : page.events) {
    if (!request.Covers(event.app)) continue;
    const std::string& about = event.app.empty() ? event.subject_id : event.app.str();
    if (request.user.admin || owned.contains(about))
      *out.add_events() = ToProto(event, actors.NameOf(event.actor));
  }
  out.set_next(page.next);
  return out;
}

}  // namespace

void OfferEvents(MethodTable& table) {
  const std::string own = kPlatformService;
  Offer(table, own + "ListApplicationEvents", ListApplicationEvents);
  Offer(table, own + "ListEvents", ListEvents);
}

}  // namespace ns::api
