#include "store/snapshot_rows.h"

#include <set>

#include "model/quarantine.h"
#include "store/app_rows.h"
#include "store/build_rows.h"
#include "store/env_rows.h"
#include "store/journal.h"
#include "store/observation_rows.h"
#include "store/release_rows.h"
#include "store/site_rows.h"

namespace ns::store {

const char kAttendances[] =
    "SELECT id, holder, (SELECT lease_expires FROM hosts WHERE id = holder), EXISTS (SELECT 1 FROM "
    "hosts JOIN host_plugins ON host_id = hosts.id WHERE lease_expires > now() AND instance = "
    "backend AND healthy), now() FROM applications WHERE id = ANY($1::text[])";

namespace {

// Of each of the applications $1: the newest ones, and however old they are, those of the commit
// that it is at and those to be tried again.
constexpr char kDecisiveBuilds[] =
    "WHERE id IN (SELECT one.id FROM applications AS a CROSS JOIN LATERAL ("
    "(SELECT id FROM builds WHERE application_id = a.id ORDER BY number DESC LIMIT 50)"
    " UNION ALL SELECT id FROM builds WHERE application_id = a.id AND commit_hash = a.commit_hash"
    " UNION ALL SELECT id FROM builds AS b WHERE application_id = a.id AND retriable AND NOT "
    "EXISTS "
    "(SELECT 1 FROM builds AS later WHERE later.application_id = a.id AND later.commit_hash = "
    "b.commit_hash AND later.number > b.number)) AS one WHERE a.id = ANY($1::text[])) ORDER BY "
    "number DESC";

// What runs needs all its values; where those of the release do not open, a new release with the
// application's own is decided. What shall not run gets by without: then it has the variables of
// its release and no build, so that nothing is decided of half of them.
Status OpenEnv(Connection& connection, const Sealing& sealing, const Status& pinned,
               model::AppSnapshot& snapshot) {
  model::Application& app = snapshot.app;
  auto env = LoadEnv(connection, kAppEnv, {app.id.str()}, sealing, Opening::kAll);
  const Status opened = env.ok() ? pinned : env.status();
  if (opened.ok()) {
    if (!env->empty()) app.env = std::move(env->begin()->second);
    return {};
  }
  const bool runs = !app.deleted && app.desired == model::DesiredState::kRunning;
  if (runs || opened.reason() != model::kSealBroken) return opened;
  if (snapshot.release) app.env = snapshot.release->env;
  if (!app.deleted) snapshot.builds.clear();
  return {};
}

class Loader {
 public:
  Loader(Connection& connection, const std::vector<AppId>& ids, const Sealing& sealing)
      : connection_(connection), ids_(ids), sealing_(sealing) {}

  Status Apps(WithEnv env, BadRows* left_out) {
    NS_ASSIGN(auto apps, LoadApps(connection_, "id = ANY($1::text[])", Params::Of(ids_), env,
                                  sealing_, left_out));
    for (model::Application& app : apps) {
      order_.push_back(app.id);
      by_id_[app.id].app = std::move(app);
    }
    NS_ASSIGN(const Rows rows, connection_.Run("SELECT id, deleted AND NOT removed, version, now() "
                                               "FROM applications WHERE id = ANY($1::text[])",
                                               Params::Of(order_)));
    for (int i = 0; i < rows.size(); ++i) {
      Row row = rows[i];
      AppId id;
      row >> id;
      model::AppSnapshot& one = by_id_[id];
      row >> one.resources_may_remain >> one.version >> one.now;
      NS_TRY(row.status());
    }
    return {};
  }

  Status Builds(BadRows* left_out) {
    NS_ASSIGN(auto builds, LoadBuilds(connection_, kDecisiveBuilds, Params::Of(order_), left_out));
    for (model::Build& build : builds) {
      const AppId app = build.app;
      by_id_[app].builds.push_back(std::move(build));
    }
    return {};
  }

  // `open`: the values of what shall run, too.
  Status Releases(bool open) {
    std::vector<ReleaseId> wanted;
    for (const auto& [id, one] : by_id_) {
      if (!one.app.target.release.empty()) wanted.push_back(one.app.target.release);
      if (!one.app.pinned.empty()) wanted.push_back(one.app.pinned);
    }
    NS_ASSIGN(const auto releases, LoadReleasesOf(connection_, wanted, sealing_));
    const auto find = [&](const ReleaseId& id) {
      const auto found = releases.find(id);
      return found == releases.end() ? nullptr : &found->second;
    };
    for (auto& [id, one] : by_id_) {
      Status pinned;
      if (const LoadedRelease* target = find(one.app.target.release)) one.release = target->release;
      if (const LoadedRelease* pin = find(one.app.pinned)) {
        one.pinned = pin->release;
        pinned = pin->env;
      }
      if (open) NS_TRY(OpenEnv(connection_, sealing_, pinned.Prefixed("the pinned release"), one));
    }
    return {};
  }

  Status Seen() {
    std::vector<AppId> sites;
    std::vector<ReleaseId> releases;
    std::vector<std::string> subjects;
    for (const auto& [id, one] : by_id_) {
      subjects.push_back(id.str());
      if (!one.release || !one.release->image.IsArtifact()) continue;
      sites.push_back(id);
      releases.push_back(one.release->id);
    }
    NS_ASSIGN(const auto spreads, LoadSpreads(connection_, sites, releases));
    for (const auto& [id, spread] : spreads) by_id_[id].site = spread;
    NS_ASSIGN(auto observed, LoadObservations(connection_, order_));
    for (auto& [id, one] : observed) by_id_[id].observed = std::move(one);
    NS_ASSIGN(auto conditions,
              ReadConditionsOf(connection_, model::Subject::kApplication, subjects));
    for (auto& [id, some] : conditions) by_id_[AppId(id)].conditions = std::move(some);
    return {};
  }

  std::vector<model::AppSnapshot> Take() {
    std::vector<model::AppSnapshot> out;
    out.reserve(order_.size());
    for (const AppId& id : order_) out.push_back(std::move(by_id_[id]));
    return out;
  }

 private:
  Connection& connection_;
  const std::vector<AppId>& ids_;
  const Sealing& sealing_;
  std::vector<AppId> order_;  // those that are there
  std::map<AppId, model::AppSnapshot> by_id_;
};

}  // namespace

Result<std::vector<model::AppSnapshot>> LoadSnapshots(Connection& connection,
                                                      const std::vector<AppId>& ids,
                                                      const SnapshotRead& read,
                                                      const Sealing& sealing, BadRows& bad) {
  const bool person = read.reader == Reader::kPerson;
  Loader loader(connection, ids, sealing);
  NS_TRY(
      loader.Apps(person ? WithEnv::kWhatOpens : WithEnv::kNo, read.some_suffice ? &bad : nullptr));
  NS_TRY(loader.Builds(person ? &bad : nullptr));
  NS_TRY(loader.Releases(!person));
  NS_TRY(loader.Seen());
  return loader.Take();
}

Result<std::map<AppId, model::Attendance>> ReadAttendances(const Rows& rows) {
  std::map<AppId, model::Attendance> out;
  for (int i = 0; i < rows.size(); ++i) {
    Row row = rows[i];
    AppId id;
    model::Attendance one;
    row >> id >> one.holder >> one.expires >> one.loaded >> one.now;
    NS_TRY(row.status());
    out[id] = std::move(one);
  }
  return out;
}

}  // namespace ns::store
