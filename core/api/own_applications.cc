// Applications in the project's own form.
#include <algorithm>

#include "api/app_changes.h"
#include "api/app_form.h"
#include "api/app_status.h"
#include "api/problem.h"
#include "base/ascii.h"

namespace ns::api {
namespace {

constexpr int kUsualPage = 50, kLargestPage = 200;
constexpr int kMostLooks = 400;  // at states, for one page
constexpr size_t kLooksAtOnce = 200;

Given GivenBy(const FormFields& fields) {
  return {fields.contains("name"),
          fields.contains("ref_name"),
          fields.contains("websites"),
          fields.contains("port_publications"),
          "form.",
          {"form.websites", "form.port_publications"}};
}

Result<platform::CreateApplicationResponse> Create(const Context& context, const Request& request,
                                                   const platform::CreateApplicationRequest& in) {
  Mistakes mistakes;
  NS_ASSIGN(model::Application app,
            ReadForm(context, in.form(), AllFields(), model::Application(), mistakes));
  app.desired = in.start() ? model::DesiredState::kRunning : model::DesiredState::kStopped;
  const Given given = GivenBy(AllFields());
  NS_TRY(CheckApp(context, app, given, mistakes));
  NS_ASSIGN(app, Completed(context, request, std::move(app), given));
  platform::CreateApplicationResponse out;
  if (in.validate_only()) {
    NS_TRY(CheckConflict(context, app, request.user, given));
    app.id = AppId();
  } else {
    NS_TRY(context.store().apps.Insert(app, NoConflict(app, request.user, given), request.user.id));
    NS_ASSIGN(app, context.store().apps.Get(app.id));
  }
  *out.mutable_application() = WriteApplication(app, context.settings.platform, true);
  return out;
}

Status CheckEtag(const model::Application& app, const std::string& etag) {
  if (etag.empty() || etag == EtagOf(app)) return Status();
  return {Code::kStale, "EtagMismatch",
          "etag: application " + app.id.str() +
              " was changed since it was read with this etag; read it again"};
}

// One try. kStale: somebody was faster.
Result<platform::UpdateApplicationResponse> TryUpdate(const Context& context,
                                                      const Request& request,
                                                      const model::Application& before,
                                                      const platform::UpdateApplicationRequest& in,
                                                      const FormFields& fields) {
  NS_TRY(NotDeleted(before));
  NS_TRY(CheckEtag(before, in.etag()));
  const Given given = GivenBy(fields);
  Mistakes mistakes;
  NS_ASSIGN(model::Application after,
            ReadForm(context, MergeForm(before, in.form(), fields), fields, before, mistakes));
  NS_TRY(CheckApp(context, after, given, mistakes));
  const std::vector<std::string> changed = Differences(before, after);
  if (in.validate_only()) {
    NS_TRY(NewCommit(context, request, before, after, given).status());
    NS_TRY(CheckConflict(context, after, request.user, given));
  } else if (!changed.empty()) {
    NS_TRY(StoreChange(context, request, before, after, given, EditOf(before, after)));
    NS_ASSIGN(after, context.store().apps.Get(before.id));
  }
  platform::UpdateApplicationResponse out;
  *out.mutable_application() = WriteApplication(after, context.settings.platform, true);
  for (const std::string& field : changed) out.add_changed(field);
  return out;
}

Result<platform::UpdateApplicationResponse> Update(const Context& context, const Request& request,
                                                   const platform::UpdateApplicationRequest& in) {
  constexpr int kTries = 3;
  NS_ASSIGN(const FormFields fields, FieldsOf(in.update_mask(), in.form()));
  model::Application app = *request.on.app;
  for (int i = 1;; ++i) {
    auto updated = TryUpdate(context, request, app, in, fields);
    const bool again = updated.status().code() == Code::kStale && in.etag().empty() && i < kTries;
    if (!again) return updated;
    NS_ASSIGN(app, OwnedStill(context, request, app.id));
  }
}

Result<platform::Application> Get(const Context& context, const Request& request,
                                  const platform::GetApplicationRequest&) {
  const model::Application& app = *request.on.app;
  return WriteApplication(app, context.settings.platform, Owns(request.user, app.owners));
}

// Where a page ends: order is by name, then by id.
std::string PlaceOf(const model::Application& app) { return app.id.str() + app.name; }

bool Behind(const model::Application& app, const std::string& place) {
  constexpr size_t kId = 22;
  const int by_name = app.name.compare(place.substr(kId));
  return by_name > 0 || (by_name == 0 && app.id.str() > place.substr(0, kId));
}

Status Check(const platform::ListApplicationsRequest& in) {
  model::Violations violations;
  if (in.page_size() < 0 || in.page_size() > kLargestPage) {
    violations.push_back({"page_size", "must be 0 to " + std::to_string(kLargestPage) + ", got " +
                                           std::to_string(in.page_size())});
  }
  if (!in.repository_id().empty() && !IsId(in.repository_id())) {
    violations.push_back({"repository_id", "must be the id of a repository, got " +
                                               model::Quoted(in.repository_id())});
  }
  if (!in.page_token().empty() && !IsId(in.page_token().substr(0, 22))) {
    violations.push_back({"page_token", "must be `next_page_token` of an earlier answer, got " +
                                            model::Quoted(in.page_token())});
  }
  return CheckNone(violations);
}

// Those that fit all but the states, in order, behind the place of the token.
std::vector<model::Application> Chosen(std::vector<model::Application> apps, const Request& request,
                                       const platform::ListApplicationsRequest& in) {
  const std::string part = Lowered(in.name_contains());
  std::erase_if(apps, [&](const model::Application& app) {
    const bool mine = std::ranges::find(app.owners, request.user.id) != app.owners.end();
    return !request.Covers(app.id) || (in.mine() && !mine) ||
           (!in.repository_id().empty() && app.repository.str() != in.repository_id()) ||
           Lowered(app.name).find(part) == std::string::npos ||
           (!in.page_token().empty() && !Behind(app, in.page_token()));
  });
  std::ranges::sort(apps, [](const model::Application& a, const model::Application& b) {
    return std::pair(a.name, a.id.str()) < std::pair(b.name, b.id.str());
  });
  return apps;
}

bool Fits(const platform::ApplicationStatus& status, const platform::ListApplicationsRequest& in) {
  return in.states().empty() || std::ranges::find(in.states(), status.state()) != in.states().end();
}

Result<platform::ListApplicationsResponse> List(const Context& context, const Request& request,
                                                const platform::ListApplicationsRequest& in) {
  NS_TRY(Check(in));
  NS_ASSIGN(auto all, context.store().apps.List());
  const auto apps = Chosen(std::move(all), request, in);
  const int size = in.page_size() == 0 ? kUsualPage : in.page_size();
  platform::ListApplicationsResponse out;
  // All that a page may look at, some at once: how many statements that takes is bounded.
  const size_t end = std::min<size_t>(apps.size(), in.states().empty() ? size : kMostLooks);
  size_t at = 0;
  while (at < end && out.applications_size() < size) {
    std::vector<AppId> some;
    for (size_t i = at; i < std::min(end, at + kLooksAtOnce); ++i) some.push_back(apps[i].id);
    NS_ASSIGN(auto statuses, StatusesOf(context, some));
    for (size_t i = 0; i < some.size() && out.applications_size() < size; ++i, ++at) {
      const auto status = statuses.find(apps[at].id);
      if (status == statuses.end() || !Fits(status->second, in)) continue;
      const model::Application& app = apps[at];
      if (!Owns(request.user, app.owners)) HideFromOthers(status->second);
      auto* entry = out.add_applications();
      *entry->mutable_application() = WriteApplication(app, context.settings.platform, false);
      *entry->mutable_status() = std::move(status->second);
    }
  }
  if (at < apps.size() && at > 0) out.set_next_page_token(PlaceOf(apps[at - 1]));
  return out;
}

}  // namespace

void OfferOwnApplications(MethodTable& table) {
  const std::string own = kApplicationService;
  Offer(table, own + "CreateApplication", Create);
  Offer(table, own + "UpdateApplication", Update);
  Offer(table, own + "GetApplication", Get);
  Offer(table, own + "ListApplications", List);
}

}  // namespace ns::api
