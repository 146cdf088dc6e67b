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
Status AddFetch(const Context& context, model::AppSnapshot& snapshot) {
  NS_ASSIGN(const auto of_repository,
            ConditionsOf(context, model::Subject::kRepository, snapshot.app.repository.str()));
  const model::Condition* fetch = FindCondition(of_repository, "Fetch");
  if (fetch == nullptr || fetch->ok) return Status();
  std::erase_if(snapshot.conditions, [](const auto& one) { return one.type == "Source"; });
  snapshot.conditions.insert(snapshot.conditions.begin(), *fetch);
  snapshot.conditions.front().type = "Source";
  return Status();
}

// What the row of a build cannot tell: that nobody can build it.
Status AddBuilders(const Context& context, model::AppSnapshot& snapshot) {
  const auto queued = std::find_if(
      snapshot.builds.begin(), snapshot.builds.end(),
      [](const model::Build& one) { return one.status == model::BuildStatus::kQueued; });
  if (queued == snapshot.builds.end()) return Status();
  NS_ASSIGN(const auto queue, context.store().builds.Queue());
  Replace(snapshot, plan::BuildCondition(*queued, &queue, snapshot.now));
  return Status();
}

// Said only where nobody acts: that somebody does is no news.
Status AddHost(const Context& context, model::AppSnapshot& snapshot) {
  const auto seen = context.store().deploys.Attendance(snapshot.app.id);
  if (seen.status().code() == Code::kNotFound) return Status();
  if (!seen.ok()) return seen.status();
  if (!seen->Alive() && !seen->loaded)
    Replace(snapshot, plan::HostCondition(*seen, snapshot.app.backend));
  return Status();
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
  NS_ASSIGN(const auto conditions,
            ConditionsOf(context, model::Subject::kRepository, request.on.repository->id.str()));
  platform::RepositoryStatus out;
  for (const model::Condition& condition : conditions) *out.add_conditions() = ToProto(condition);
  return out;
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
  NS_ASSIGN(model::AppSnapshot snapshot, context.store().deploys.Snapshot(id));
  NS_TRY(AddFetch(context, snapshot));
  NS_TRY(AddBuilders(context, snapshot));
  NS_TRY(AddHost(context, snapshot));
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
  if (insight) NS_TRY(AddInsight(context, snapshot, out));
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
