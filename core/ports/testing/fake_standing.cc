#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {
namespace {

constexpr size_t kNewestBuilds = 50;

}  // namespace

model::Release WithEnv(const FakeState& rows, const model::Release& release) {
  model::Release whole = BareRelease(rows, release);
  whole.env = release.env;
  return whole;
}

model::AppSnapshot SnapshotOf(const FakeState& rows, const FakeApp& row, Time now) {
  model::AppSnapshot snapshot;
  snapshot.app = row.app;
  size_t seen = 0;
  std::set<std::string> commits;
  for (const FakeBuild* build :
       rows.BuildsWhere([&](const model::Build& b) { return b.app == row.app.id; }, true)) {
    const bool newest_of_commit = commits.insert(build->build.commit).second;
    const bool decisive =
        build->build.commit == row.app.commit || (build->build.retriable && newest_of_commit);
    if (++seen <= kNewestBuilds || decisive) snapshot.builds.push_back(build->build);
  }
  for (const model::Release& release : row.releases) {
    if (release.id == row.app.target.release) snapshot.release = WithEnv(rows, release);
    if (release.id == row.app.pinned) snapshot.pinned = WithEnv(rows, release);
  }
  snapshot.site = SpreadOf(rows, row.app.id, snapshot.release, now);
  snapshot.observed = row.observed;
  snapshot.conditions = ConditionsOf(rows, {model::Subject::kApplication, row.app.id.str()});
  snapshot.resources_may_remain = row.app.deleted && !row.removed;
  snapshot.version = row.version;
  snapshot.now = now;
  return snapshot;
}

model::Attendance AttendanceOf(const FakeState& rows, const FakeApp& row, Time now) {
  model::Attendance out;
  out.holder = row.holder;
  out.now = now;
  if (const auto host = rows.hosts.find(row.holder); host != rows.hosts.end())
    out.expires = host->second.lease_expires;
  const auto loads = [&](const model::PluginState& plugin) {
    return plugin.instance == row.app.backend && plugin.healthy;
  };
  for (const auto& [host_id, host] : rows.hosts) {
    out.loaded |= rows.Alive(host_id, now) && std::ranges::any_of(host.host.plugins, loads);
  }
  return out;
}

}  // namespace ns::ports::testing
