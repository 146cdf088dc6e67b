// What happened, for those whom it concerns.
#include <algorithm>
#include <map>

#include "api/convert_platform.h"
#include "api/event_view.h"
#include "api/method.h"
#include "api/owned.h"
#include "api/problem.h"
#include "api/resume_token.h"

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

Status NoPlace(const platform::ListEventsRequest& in) {
  return InvalidField("after",
                      "must be `next` of an earlier answer, got " + model::Quoted(in.after()));
}

// Places as the caller has them: of whoever is told of some applications alone, sealed.
class Places {
 public:
  static Result<Places> For(const Context& context, const Request& request,
                            const platform::ListEventsRequest& in) {
    Places places(SealedTokens(context, request, "events/" + in.application_id()));
    if (places.sealed_) {
      NS_ASSIGN(places.epoch_, context.store().deploys.Epoch());
    }
    return places;
  }

  Result<std::string> Read(const platform::ListEventsRequest& in) const {
    if (!sealed_ || in.after().empty()) return in.after();
    auto point = sealed_->Read(in.after());
    if (!point) return NoPlace(in);
    if (point->epoch != epoch_) {
      return InvalidField("after",
                          "must be of this history of the database, which has lost its last "
                          "writes since; ask for the newest, or from the first");
    }
    return std::move(point->place);
  }
  std::string Write(const std::string& place) const {
    return sealed_ ? sealed_->Write({epoch_, place}) : place;
  }

 private:
  explicit Places(std::optional<ResumeTokens> sealed) : sealed_(std::move(sealed)) {}

  std::optional<ResumeTokens> sealed_;
  int64_t epoch_ = 0;
};

// With `next` as the caller gets it.
Result<ports::EventPage> Read(const Context& context, const Request& request,
                              const ports::EventScope& scope,
                              const platform::ListEventsRequest& in) {
  NS_TRY(Check(in));
  NS_ASSIGN(const Places places, Places::For(context, request, in));
  NS_ASSIGN(const std::string after, places.Read(in));
  const int limit = in.limit() == 0 ? 100 : in.limit();
  ports::EventStore& events = context.store().events;
  auto page = in.newest() ? events.Newest(scope, limit) : events.After(scope, after, limit);
  if (page.status().code() == Code::kInvalid) return NoPlace(in);
  NS_TRY(page.status());
  page->next = places.Write(page->next);
  return page;
}

Result<platform::ListEventsResponse> ListApplicationEvents(const Context& context,
                                                           const Request& request,
                                                           const platform::ListEventsRequest& in) {
  NS_ASSIGN(const auto page, Read(context, request, ports::EventScope::Of(request.on.app->id), in));
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
  // Among its own, or how many of a page are left out would tell how much else there is.
  NS_ASSIGN(const auto page, Read(context, request, {request.Among()}, in));
  NS_ASSIGN(const auto owned, OwnedIds(context, request.user));
  Actors actors(context);
  platform::ListEventsResponse out;
  for (const model::Event& event : page.events) {
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
