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

void HintBuild(HintList& hints, const model::Build& build) {
  HintApp(hints, build.app);
  hints.push_back({Hint::Kind::kBuild, build.id.str()});
  hints.push_back({Hint::Kind::kQueue, ""});
}

void StoreConditions(FakeState& rows, const SubjectKey& key,
                     const std::vector<model::Condition>& conditions, Time now) {
  auto& stored = rows.conditions[key];
  for (model::Condition next : conditions) {
    const auto before = stored.find(next.type);
    const bool same = before != stored.end() && before->second.ok == next.ok &&
                      before->second.reason == next.reason;
    next.since = same ? before->second.since : now;
    next.last_looked = now;
    stored[next.type] = next;
  }
}

void AppendEvent(FakeState& rows, model::Event event, Time now) {
  event.cursor = ++rows.last_number;
  event.at = now;
  rows.events.push_back(std::move(event));
}

std::vector<model::Condition> ConditionsOf(const FakeState& rows, const SubjectKey& key) {
  std::vector<model::Condition> conditions;
  if (const auto found = rows.conditions.find(key); found != rows.conditions.end()) {
    for (const auto& [type, condition] : found->second) conditions.push_back(condition);
  }
  return conditions;
}

}  // namespace ns::ports::testing
