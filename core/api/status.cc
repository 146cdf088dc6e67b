// Why an application is as it is, for those who ask.
#include <algorithm>

#include "api/app_status.h"
#include "api/app_urls.h"
#include "api/convert_platform.h"
#include "api/method.h"
#include "api/problem.h"
#include "api/timeline.h"
#include "api/verdict.h"
#include "plan/conditions.h"
#include "plan/deploy.h"

namespace ns::api {
namespace {

// Nothing for those whose subject is gone.
Result<std::vector<model::Condition>> ConditionsOf(const Context& context, model::Subject subject,
                                                   const std::string& id) {
  auto conditions = context.store().events.Conditions(subject, id);
  if (conditions.status().code() == Code::kNotFound) return std::vector<model::Condition>();
  return conditions;
}

void Replace(model::AppSnapshot& snapshot, model::Condition condition) {
  std::erase_if(snapshot.conditions, [&](const auto& one) { return one.type == condition.type; });
  snapshot.conditions.push_back(std::move(condition));
}

// A repository that cannot be read is a fault of the source, whatever was read of it before.
void AddFetch(const std::vector<model::Condition>& of_repository, model::AppSnapshot& snapshot) {
  const model::Condition* fetch = FindCondition(of_repository, "Fetch");
  if (fetch == nullptr || fetch->ok) return;
  std::erase_if(snapshot.conditions, [](const auto& one) { return one.type == "Source"; });
  snapshot.conditions.insert(snapshot.conditions.begin(), *fetch);
  snapshot.conditions.front().type = "Source";
}

const model::Build* QueuedOf(const model::AppSnapshot& snapshot) {
  const auto found =
      std::ranges::find(snapshot.builds, model::BuildStatus::kQueued, &model::Build::status);
  return found == snapshot.builds.end() ? nullptr : &*found;
}

// What the row of a build cannot tell: that nobody can build it.
void AddBuilders(const model::QueueSnapshot& queue, model::AppSnapshot& snapshot) {
  const model::Build* queued = QueuedOf(snapshot);
  if (queued != nullptr) Replace(snapshot, plan::BuildCondition(*queued, &queue, snapshot.now));
}

// Said only where nobody acts: that somebody does is no news.
void AddHost(const model::Attendance& seen, model::AppSnapshot& snapshot) {
  if (!seen.Alive() && !seen.loaded)
    Replace(snapshot, plan::HostCondition(seen, snapshot.app.backend));
}

// Everything that is known of each, with what stands elsewhere among its conditions.
Result<std::vector<model::AppSnapshot>> Whole(const Context& context,
                                              const std::vector<AppId>& ids) {
  NS_ASSIGN(auto standings, context.store().listings.Standings(ids));
  const bool some_queue = std::ranges::any_of(
      standings, [](const auto& one) { return QueuedOf(one.snapshot) != nullptr; });
  model::QueueSnapshot queue;
  if (some_queue) {
    NS_ASSIGN(queue, context.store().builds.Queue());
  }
  std::vector<model::AppSnapshot> out;
  out.reserve(standings.size());
  for (ports::AppStanding& one : standings) {
    AddFetch(one.of_repository, one.snapshot);
    AddBuilders(queue, one.snapshot);
    AddHost(one.attendance, one.snapshot);
    out.push_back(std::move(one.snapshot));
  }
  return out;
}

Result<std::optional<Timeline>> DeployOf(const Context& context,
                                         const model::AppSnapshot& snapshot) {
  NS_ASSIGN(const auto releases, context.store().deploys.Releases(snapshot.app.id, 50));
  const model::Build* build = BuildOfDeploy(snapshot, releases);
  std::vector<model::Event> events;
  if (build != nullptr) {
    NS_ASSIGN(events, context.store().events.List(model::Subject::kBuild, build->id.str(), 0, 100));
  }
  return LastDeploy(snapshot, build, events);
}

void AddVerdict(const Verdict& verdict, platform::ApplicationStatus& out) {
  out.set_state(static_cast<platform::ApplicationStatus::State>(verdict.state));
  out.set_summary(verdict.summary);
  out.set_settled(verdict.settled);
  out.set_ok(verdict.ok);
  out.set_serving(verdict.serving);
}

void AddObserved(const model::AppSnapshot& snapshot, platform::ApplicationStatus& out) {
  if (snapshot.release && snapshot.app.target.state == model::DesiredState::kRunning) {
    out.set_live_commit(snapshot.release->commit);
    out.set_live_build_id(snapshot.release->build.str());
  }
  if (!snapshot.observed) return;
  out.set_ready(snapshot.observed->ready);
  out.set_wanted(snapshot.observed->wanted);
  out.set_restarts(snapshot.observed->restarts);
  *out.mutable_observed_at() = ToProto(snapshot.observed->observed_at);
}

void AddPin(const Context& context, const model::AppSnapshot& snapshot,
            platform::ApplicationStatus& out) {
  if (snapshot.app.pinned.empty()) return;
  auto* pin = out.mutable_pin();
  pin->set_release_id(snapshot.app.pinned.str());
  if (snapshot.pinned) pin->set_commit(snapshot.pinned->commit);
  pin->set_holds_back(plan::PinHoldsBack(snapshot, context.settings.plan_key));
}

// For those who own it.
Status AddInsight(const Context& context, const model::AppSnapshot& snapshot,
                  platform::ApplicationStatus& out) {
  for (const model::Condition& condition : snapshot.conditions)
    *out.add_conditions() = ToProto(condition);
  NS_ASSIGN(const auto timeline, DeployOf(context, snapshot));
  if (timeline) *out.mutable_last_deploy() = ToProto(*timeline);
  return Status();
}

platform::ApplicationStatus Told(const Context& context, const model::AppSnapshot& snapshot) {
  const Verdict verdict =
      Judge(snapshot, FindCondition(snapshot.conditions, "Source"), context.settings.plan_key);
  platform::ApplicationStatus out;
  out.set_application_id(snapshot.app.id.str());
  out.set_name(snapshot.app.name);
  out.set_wanted_commit(snapshot.app.commit);
  out.set_backend(snapshot.app.backend);
  for (const std::string& url : UrlsOf(snapshot.app, context.settings.platform)) out.add_urls(url);
  AddVerdict(verdict, out);
  AddObserved(snapshot, out);
  AddPin(context, snapshot, out);
  if (!snapshot.builds.empty()) *out.mutable_latest_build() = Summarise(snapshot.builds.front());
  return out;
}

Result<platform::ApplicationStatus> GetApplicationStatus(
    const Context& context, const Request& request, const platform::ApplicationStatusRequest&) {
  const bool owner = Owns(request.user, request.on.app->owners);
  NS_ASSIGN(auto out, StatusOf(context, request.on.app->id, owner));
  if (!owner) HideFromOthers(out);
  return out;
}

Result<platform::Explanation> ExplainApplication(const Context& context, const Request& request,
                                                 const platform::ExplainApplicationRequest&) {
  NS_ASSIGN(const auto snapshot, context.store().deploys.Snapshot(request.on.app->id));
  NS_ASSIGN(const auto of_repository,
            ConditionsOf(context, model::Subject::kRepository, snapshot.app.repository.str()));
  plan::Surroundings around;
  if (const model::Condition* fetch = FindCondition(of_repository, "Fetch")) around.fetch = *fetch;
  NS_ASSIGN(around.queue, context.store().builds.Queue());
  NS_ASSIGN(around.attendance, context.store().deploys.Attendance(snapshot.app.id));
  platform::Explanation out;
  for (const plan::WhyLink& link : plan::Explain(snapshot, around, context.settings.plan_key))
    *out.add_links() = ToProto(link);
  return out;
}

Result<platform::BuildStatus> GetBuildStatus(const Context& context, const Request& request,
                                             const platform::BuildStatusRequest&) {
  const model::Build& build = *request.on.build;
  NS_ASSIGN(const auto queue, context.store().builds.Queue());
  platform::BuildStatus out;
  *out.mutable_build() = Summarise(build);
  *out.add_conditions() = ToProto(plan::BuildCondition(build, &queue, queue.now));
  return out;
}

Result<platform::RepositoryStatus> GetRepositoryStatus(const Context& context,
                                                       const Request& request,
                                                       const platform::RepositoryStatusRequest&) {
  return StatusOf(context, request.on.repository->id);
}

}  // namespace

void HideFromOthers(platform::ApplicationStatus& status) {
  if (status.state() == platform::ApplicationStatus::FAILED)
    status.set_summary("does not run as asked; its owners see why");
  if (status.has_latest_build()) status.mutable_latest_build()->clear_message();
  status.clear_conditions();
  status.clear_last_deploy();
}

Result<platform::ApplicationStatus> StatusOf(const Context& context, const AppId& id,
                                             bool insight) {
  NS_ASSIGN(const auto found, Whole(context, {id}));
  if (found.empty())
    return Status(Code::kNotFound, "NotFound", "there is no application " + id.str());
  platform::ApplicationStatus out = Told(context, found.front());
  if (insight) NS_TRY(AddInsight(context, found.front(), out));
  return out;
}

Result<std::map<AppId, platform::ApplicationStatus>> StatusesOf(const Context& context,
                                                                const std::vector<AppId>& ids) {
  NS_ASSIGN(const auto found, Whole(context, ids));
  std::map<AppId, platform::ApplicationStatus> out;
  for (const model::AppSnapshot& one : found) out.emplace(one.app.id, Told(context, one));
  return out;
}

Result<platform::RepositoryStatus> StatusOf(const Context& context, const RepositoryId& id) {
  NS_ASSIGN(const auto conditions, ConditionsOf(context, model::Subject::kRepository, id.str()));
  platform::RepositoryStatus out;
  for (const model::Condition& condition : conditions) *out.add_conditions() = ToProto(condition);
  return out;
}

void OfferStatus(MethodTable& table) {
  const std::string own = kPlatformService;
  Offer(table, own + "GetApplicationStatus", GetApplicationStatus);
  Offer(table, own + "ExplainApplication", ExplainApplication);
  Offer(table, own + "GetBuildStatus", GetBuildStatus);
  Offer(table, own + "GetRepositoryStatus", GetRepositoryStatus);
}

}  // namespace ns::api
