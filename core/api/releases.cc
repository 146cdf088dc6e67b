// Releases: what there is, back to an older one, and forward again.
#include <algorithm>

#include "api/convert_platform.h"
#include "api/method.h"
#include "api/problem.h"
#include "plan/deploy.h"

namespace ns::api {
namespace {

constexpr int kMostReleases = 200;

platform::Release Show(const model::Release& release, const model::Application& app) {
  platform::Release out = ToProto(release);
  out.set_current(release.id == app.target.release);
  out.set_pinned(release.id == app.pinned);
  return out;
}

Result<platform::ListReleasesResponse> ListReleases(const Context& context, const Request& request,
                                                    const platform::ListReleasesRequest& in) {
  if (in.limit() < 0 || in.limit() > kMostReleases)
    return InvalidField("limit", "must be 0 to 200, got " + std::to_string(in.limit()));
  NS_ASSIGN(const auto releases, context.store().deploys.Releases(
                                     request.on.app->id, in.limit() == 0 ? 20 : in.limit()));
  platform::ListReleasesResponse out;
  for (const model::Release& release : releases)
    *out.add_releases() = Show(release, *request.on.app);
  return out;
}

Status NotDeleted(const model::Application& app) {
  if (!app.deleted) return Status();
  return {Code::kPrecondition, "Deleting", "application " + app.id.str() + " is being deleted"};
}

Status NoSuchRelease(const std::string& id) {
  return Refuse(
      Code::kNotFound, "NotFound",
      {{"release_id", "must be a release of this application, got " + model::Quoted(id)}});
}

Status ImageGone(const std::string& id) {
  return Refuse(Code::kPrecondition, "ImageGone",
                {{"release_id", "must be a release whose image is kept, and that of " +
                                    model::Quoted(id) + " was cleaned up"}});
}

Status NoOlderRelease(const std::string& why) {
  return Refuse(Code::kPrecondition, "NoOlderRelease", {{"release_id", why}});
}

Result<model::Release> Named(const Context& context, const model::Application& app,
                             const std::string& id) {
  if (!IsId(id)) {
    return InvalidField("release_id",
                        "must be an id of 22 lower-case hex characters, got " + model::Quoted(id));
  }
  auto release = context.store().deploys.Release(app.id, ReleaseId(id));
  if (release.status().code() == Code::kNotFound) return NoSuchRelease(id);
  if (release.ok() && release->image_gone) return ImageGone(id);
  return release;
}

// The newest one older than `current` that runs differently and can run.
Result<model::Release> Before(const Context& context, const model::Application& app,
                              const std::optional<model::Release>& current) {
  if (!current)
    return NoOlderRelease("nothing of this application is deployed yet, so nothing is before it");
  NS_ASSIGN(const auto all, context.store().deploys.Releases(app.id, kMostReleases));
  auto older = std::find_if(all.begin(), all.end(),
                            [&](const model::Release& one) { return one.id == current->id; });
  for (; older != all.end(); ++older) {
    if (older->image_gone || older->id == current->id) continue;
    NS_ASSIGN(model::Release candidate, context.store().deploys.Release(app.id, older->id));
    if (!plan::SameContent(candidate, *current)) return candidate;
  }
  return NoOlderRelease("there is no release before " + model::Quoted(current->id.str()) +
                        " that differs from it and whose image is kept");
}

Result<std::optional<model::Release>> Current(const Context& context,
                                              const model::Application& app) {
  if (app.target.release.empty()) return std::optional<model::Release>();
  NS_ASSIGN(auto release, context.store().deploys.Release(app.id, app.target.release));
  return std::optional(std::move(release));
}

// The store decides again under the lock of the row.
Status Pin(const Context& context, const Request& request, const ReleaseId& release) {
  const Status pinned = context.store().apps.SetPin(request.on.app->id, release, request.user.id);
  if (pinned.code() == Code::kPrecondition) return ImageGone(release.str());
  if (pinned.code() == Code::kNotFound) return NoSuchRelease(release.str());
  return pinned;
}

Result<platform::RollbackResponse> Rollback(const Context& context, const Request& request,
                                            const platform::RollbackRequest& in) {
  model::Application app = *request.on.app;
  NS_TRY(NotDeleted(app));
  NS_ASSIGN(const auto current, Current(context, app));
  NS_ASSIGN(const model::Release release, in.release_id().empty()
                                              ? Before(context, app, current)
                                              : Named(context, app, in.release_id()));
  NS_TRY(Pin(context, request, release.id));
  app.pinned = release.id;
  platform::RollbackResponse out;
  *out.mutable_release() = Show(release, app);
  if (current) *out.mutable_before() = Show(*current, app);
  return out;
}

Result<platform::UnpinResponse> Unpin(const Context& context, const Request& request,
                                      const platform::UnpinRequest&) {
  const model::Application& app = *request.on.app;
  NS_TRY(NotDeleted(app));
  platform::UnpinResponse out;
  out.set_was_pinned(!app.pinned.empty());
  if (out.was_pinned()) NS_TRY(context.store().apps.SetPin(app.id, ReleaseId(), request.user.id));
  return out;
}

}  // namespace

void OfferReleases(MethodTable& table) {
  const std::string own = kPlatformService;
  Offer(table, own + "ListReleases", ListReleases);
  Offer(table, own + "Rollback", Rollback);
  Offer(table, own + "Unpin", Unpin);
}

}  // namespace ns::api
