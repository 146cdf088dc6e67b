// What happened, for those whom it concerns.
#include <algorithm>
#include <map>
#include <set>

#include "api/convert.h"
#include "api/convert_platform.h"
#include "api/method.h"
#include "api/problem.h"

namespace ns::api {
namespace {

constexpr int kMost = 1000;

const char* Word(model::Subject subject) {
  switch (subject) {
    case model::Subject::kApplication:
      return "application";
    case model::Subject::kRepository:
      return "repository";
    case model::Subject::kBuild:
      return "build";
    case model::Subject::kInstallation:
      break;
  }
  return "installation";
}

// Names of those who acted.
class Actors {
 public:
  explicit Actors(const Context& context) : context_(context) {}
  const std::string& NameOf(const std::string& actor) {
    const auto [known, fresh] = names_.try_emplace(actor, actor);
    if (!fresh || !IsId(actor)) return known->second;
    const auto user = context_.store().users.Get(UserId(actor));
    if (user.ok()) known->second = user->name;
    return known->second;
  }

 private:
  const Context& context_;
  std::map<std::string, std::string> names_;
};

platform::Event Show(const model::Event& event, Actors& actors) {
  platform::Event out;
  *out.mutable_at() = ToProto(event.at);
  out.set_subject(Word(event.subject));
  out.set_subject_id(event.subject_id);
  out.set_application_id(event.app.str());
  out.set_actor(actors.NameOf(event.actor));
  out.set_kind(event.kind);
  out.set_reason(event.reason);
  out.set_message(event.message);
  out.set_data(event.data);
  return out;
}

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

// Ids of what the user owns.
Result<std::set<std::string>> Owned(const Context& context, const model::User& user) {
  std::set<std::string> owned;
  NS_ASSIGN(const auto apps, context.store().apps.List());
  for (const model::Application& app : apps) {
    if (Owns(user, app.owners)) owned.insert(app.id.str());
  }
  NS_ASSIGN(const auto repositories, context.store().repositories.List());
  for (const model::Repository& repository : repositories) {
    if (Owns(user, repository.owners)) owned.insert(repository.id.str());
  }
  return owned;
}

Result<platform::ListEventsResponse> ListApplicationEvents(const Context& context,
                                                           const Request& request,
                                                           const platform::ListEventsRequest& in) {
  NS_ASSIGN(const auto page, Read(context, request.on.app->id, in));
  Actors actors(context);
  platform::ListEventsResponse out;
  for (const model::Event& event : page.events) *out.add_events() = Show(event, actors);
  out.set_next(page.next);
  return out;
}

Result<platform::ListEventsResponse> ListEvents(const Context& context, const Request& request,
                                                const platform::ListEventsRequest& in) {
  if (!in.application_id().empty())
    return InvalidField("application_id", "must be empty: ListApplicationEvents tells of one");
  NS_ASSIGN(const auto page, Read(context, AppId(), in));
  NS_ASSIGN(const auto owned, Owned(context, request.user));
  Actors actors(context);
  platform::ListEventsResponse out;
  for (const model::Event& event : page.events) {
    if (!request.Covers(event.app)) continue;
    const std::string& about = event.app.empty() ? event.subject_id : event.app.str();
    if (request.user.admin || owned.contains(about)) *out.add_events() = Show(event, actors);
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
