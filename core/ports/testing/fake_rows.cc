#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {

FakeApp* FakeState::FindApp(const AppId& id) {
  const auto found = apps.find(id);
  return found == apps.end() ? nullptr : &found->second;
}

FakeApp* FakeState::FindLiveApp(const AppId& id) {
  FakeApp* app = FindApp(id);
  return app && !app->app.deleted ? app : nullptr;
}

bool FakeState::Alive(const HostId& host, Time now) const {
  const auto found = hosts.find(host);
  return found != hosts.end() && found->second.lease_expires > now;
}

Status FakeState::CheckHeld(const HostId& held_by, const HostId& holder, Time now) const {
  if (holder.empty() || (held_by == holder && Alive(holder, now))) return {};
  return Status(Code::kStale, model::kHeldElsewhere, "this host does not hold it, or no longer");
}

Status FakeState::TakeApp(FakeApp& row, const HostId& holder,
                          const std::vector<std::string>& backends, Time now) {
  if (holder.empty()) return {};
  const bool loads = std::ranges::find(backends, row.app.backend) != backends.end();
  if (loads && Alive(holder, now) && !Alive(row.holder, now)) {
    const AppChange change(*this, row, now);
    row.holder = holder;
  }
  return CheckHeld(row.holder, holder, now);
}

void FakeState::Changed(const AppId& app, Time now) {
  if (FakeApp* row = FindApp(app)) row->Changed(now);
}

model::Release BareRelease(const FakeState& rows, const model::Release& release) {
  model::Release bare = release;
  bare.env.clear();
  const auto build = rows.builds.find(release.build);
  bare.image_gone =
      build != rows.builds.end() && build->second.build.image_state != model::ImageState::kKept;
  return bare;
}

model::Build* FakeState::FindBuild(const BuildId& id) {
  const auto found = builds.find(id);
  return found == builds.end() ? nullptr : &found->second.build;
}

std::vector<const FakeBuild*> FakeState::BuildsWhere(
    const std::function<bool(const model::Build&)>& wanted, bool newest_first) const {
  std::vector<const FakeBuild*> found;
  for (const auto& [id, row] : builds) {
    if (wanted(row.build)) found.push_back(&row);
  }
  std::ranges::sort(found, [&](const FakeBuild* a, const FakeBuild* b) {
    return newest_first ? a->number > b->number : a->number < b->number;
  });
  return found;
}

void FakeRows::Tell(const HintList& hints) {
  if (hints.empty()) return;
  const auto subscribers = state.With([](FakeState& rows) { return rows.subscribers; });
  for (const auto& subscriber : subscribers) {
    for (const Hint& hint : hints) subscriber(hint);
  }
}

Status NoSuch(const std::string& what, const std::string& id) {
  return NotFound("there is no " + what + " with the id \"" + id + "\"");
}

void HintApp(HintList& hints, const AppId& app) {
  hints.push_back({Hint::Kind::kApplication, app.str()});
}

void HintSite(HintList& hints, const AppId& app) {
  hints.push_back({Hint::Kind::kSite, app.str()});
}

void HintBuild(HintList& hints, const model::Build& build) {
  HintApp(hints, build.app);
  hints.push_back({Hint::Kind::kBuild, build.id.str()});
  hints.push_back({Hint::Kind::kQueue, ""});
}

std::vector<model::Condition> ConditionsOf(const FakeState& rows, const SubjectKey& key) {
  std::vector<model::Condition> conditions;
  if (const auto found = rows.conditions.find(key); found != rows.conditions.end()) {
    for (const auto& [type, condition] : found->second) conditions.push_back(condition);
  }
  return conditions;
}

}  // namespace ns::ports::testing
