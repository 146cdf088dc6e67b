#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {
namespace {

using model::BuildStatus;

Status SupersededStatus() {
  return Status(Code::kCancelled, model::kSuperseded, "a newer build made this one needless");
}

void Finish(model::Build& build, BuildStatus status, Time now) {
  build.status = status;
  build.updated_at = now;
  build.finished_at = now;
  build.lease = {};
}

// What `Settle` and `Expire` share. A cancelled build is not queued again.
void EndClaim(model::Build& build, const BuildResult& result, Time now) {
  const bool again = result.status == BuildStatus::kQueued && !build.cancel_requested;
  const BuildStatus status =
      result.status == BuildStatus::kQueued && !again ? BuildStatus::kCancelled : result.status;
  const bool keep =
      status == BuildStatus::kCancelled && build.outcome.reason() == model::kSuperseded;
  if (!keep) build.outcome = result.outcome;
  build.image = result.image;
  Finish(build, status, now);
  if (again) {
    build.finished_at = kNever;
    build.not_before = now + std::chrono::duration_cast<std::chrono::microseconds>(result.retry_in);
  }
}

class FakeBuilds final : public BuildStore {
 public:
  explicit FakeBuilds(FakeRows& rows) : rows_(rows) {}

  Status Register(const model::Build& build, const std::vector<BuildId>& supersede,
                  const std::vector<BuildId>& cancel, const HostId& holder) override {
    return rows_.Write([&](FakeState& rows, Time now, HintList& hints) -> Status {
      if (const FakeApp* app = rows.FindApp(build.app))
        NS_TRY(rows.CheckHeld(app->holder, holder, now));
      if (!build.id.empty()) NS_TRY(CheckNew(rows, build, supersede));
      for (const BuildId& id : supersede) Supersede(rows, rows.FindBuild(id), now, hints);
      for (const BuildId& id : cancel) RequestSuperseding(rows, rows.FindBuild(id), now, hints);
      if (!build.id.empty()) InsertQueued(rows, build, now, hints);
      return {};
    });
  }
  Result<model::Build> Get(const BuildId& id) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<model::Build> {
      const model::Build* build = rows.FindBuild(id);
      if (!build) return NoSuch("build", id.str());
      return *build;
    });
  }
  Result<std::vector<model::Build>> ListByApp(const AppId& app, int limit) override {
    return ListWhere([&](const model::Build& build) { return build.app == app; }, 0, limit);
  }
  Result<model::QueueSnapshot> Queue() override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<model::QueueSnapshot> {
      return QueueOf(rows, now);
    });
  }
  Result<std::vector<model::Build>> ClaimAll(const std::vector<BuildClaim>& claims,
                                             Duration lease) override {
    return rows_.Write(
        [&](FakeState& rows, Time now, HintList& hints) -> Result<std::vector<model::Build>> {
          std::vector<model::Build> claimed;
          for (const BuildClaim& claim : claims) {
            model::Build* build = rows.FindBuild(claim.build);
            if (!build || build->status != BuildStatus::kQueued) continue;
            const BuildChange change(rows, *build, now);
            build->status = BuildStatus::kBuilding;
            build->attempt += 1;
            build->started_at = build->updated_at = now;
            build->lease = {claim.host, "token-" + std::to_string(++rows.last_number),
                            After(now, lease)};
            Changed(rows, *build, now, hints);
            claimed.push_back(*build);
          }
          return claimed;
        });
  }
  Status Renew(const BuildId& id, const std::string& token, Duration lease) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Status {
      model::Build* build = Held(rows, id, token);
      if (!build) return Stale("the lease of the build is lost");
      build->lease.expires = After(now, lease);
      if (build->cancel_requested) return Status(Code::kCancelled, "the build shall be cancelled");
      return {};
    });
  }
  Status Settle(const BuildId& id, const std::string& token, const BuildResult& result) override {
    return rows_.Write([&](FakeState& rows, Time now, HintList& hints) -> Status {
      model::Build* build = Held(rows, id, token);
      if (!build) return Stale("the lease of the build is lost");
      const BuildChange change(rows, *build, now);
      EndClaim(*build, result, now);
      Changed(rows, *build, now, hints);
      return {};
    });
  }
  Status Expire(const BuildId& id, int attempt, const BuildResult& result) override {
    return rows_.Write([&](FakeState& rows, Time now, HintList& hints) -> Status {
      model::Build* build = rows.FindBuild(id);
      const bool expired = build && build->status == BuildStatus::kBuilding &&
                           build->attempt == attempt && build->lease.expires <= now;
      if (!expired) return Stale("the lease of the build has not run out");
      const BuildChange change(rows, *build, now);
      EndClaim(*build, result, now);
      Changed(rows, *build, now, hints);
      return {};
    });
  }
  Status Cancel(const BuildId& id, const UserId& actor) override {
    return rows_.Write([&](FakeState& rows, Time now, HintList& hints) -> Status {
      model::Build* build = rows.FindBuild(id);
      if (!build) return NoSuch("build", id.str());
      if (model::IsTerminal(build->status))
        return Status(Code::kPrecondition, "the build has ended");
      const BuildChange change(rows, *build, now, actor);
      if (build->status == BuildStatus::kQueued) {
        build->outcome = Status(Code::kCancelled, "Cancelled", "cancelled on request");
        Finish(*build, BuildStatus::kCancelled, now);
      }
      build->cancel_requested = true;
      build->updated_at = now;
      Changed(rows, *build, now, hints);
      return {};
    });
  }
  Status Retry(const AppId& app, const std::string& commit, const UserId& actor) override {
    return rows_.Write([&](FakeState& rows, Time now, HintList& hints) -> Status {
      bool any = false, changed = false;
      for (auto& [id, row] : rows.builds) {
        if (row.build.app != app || row.build.commit != commit) continue;
        any = true;
        if (!model::IsTerminal(row.build.status) || row.build.retriable) continue;
        const BuildChange change(rows, row.build, now, actor);
        changed = row.build.retriable = true;
      }
      if (changed) {
        HintApp(hints, app);
        rows.Changed(app, now);
      }
      return any ? Status() : NotFound("there is no build of the commit " + commit);
    });
  }

 private:
  static Time After(Time now, Duration wait) {
    return now + std::chrono::duration_cast<std::chrono::microseconds>(wait);
  }

  static model::Build* Held(FakeState& rows, const BuildId& id, const std::string& token) {
    model::Build* build = rows.FindBuild(id);
    return build && build->status == BuildStatus::kBuilding && build->lease.token == token
               ? build
               : nullptr;
  }

  static Status CheckNew(FakeState& rows, const model::Build& build,
                         const std::vector<BuildId>& supersede) {
    if (!rows.FindLiveApp(build.app)) return NoSuch("application", build.app.str());
    if (rows.FindBuild(build.id)) return Status(Code::kExists, "a build with this id exists");
    for (const auto& [id, row] : rows.builds) {
      if (row.build.app != build.app || row.build.build_key != build.build_key) continue;
      const bool goes = row.build.status == BuildStatus::kQueued &&
                        std::ranges::find(supersede, id) != supersede.end();
      if (!goes && model::CountsAsDuplicate(row.build))
        return Status(Code::kExists, "a build of this source and these settings exists");
    }
    return {};
  }

  static void Changed(FakeState& rows, const model::Build& build, Time now, HintList& hints) {
    HintBuild(hints, build);
    rows.Changed(build.app, now);
  }
  static void Supersede(FakeState& rows, model::Build* build, Time now, HintList& hints) {
    if (!build || build->status != BuildStatus::kQueued) return;
    const BuildChange change(rows, *build, now);
    build->outcome = SupersededStatus();
    Finish(*build, BuildStatus::kSkipped, now);
    Changed(rows, *build, now, hints);
  }

  static void RequestSuperseding(FakeState& rows, model::Build* build, Time now, HintList& hints) {
    if (!build || build->status != BuildStatus::kBuilding) return;
    const BuildChange change(rows, *build, now);
    build->outcome = SupersededStatus();
    build->cancel_requested = true;
    build->updated_at = now;
    Changed(rows, *build, now, hints);
  }

  static void InsertQueued(FakeState& rows, const model::Build& build, Time now, HintList& hints) {
    FakeBuild row;
    row.build.id = build.id;
    row.build.app = build.app;
    row.build.commit = build.commit;
    row.build.build_key = build.build_key;
    row.build.queued_at = row.build.updated_at = now;
    row.number = ++rows.last_number;
    Changed(rows, row.build, now, hints);
    const FakeBuild& stored = rows.builds[build.id] = std::move(row);
    TellBuild(rows, nullptr, stored.build, kPlatform, now);
  }

  static model::QueueApp QueueAppOf(const FakeState& rows, const AppId& id) {
    const model::Application& app = rows.apps.at(id).app;
    return {app.owners.empty() ? UserId() : app.owners.front(), app.build.method,
            !app.target.release.empty()};
  }
  static model::QueueSnapshot QueueOf(const FakeState& rows, Time now) {
    model::QueueSnapshot queue;
    queue.now = now;
    for (const FakeBuild* row : rows.BuildsWhere(
             [](const model::Build& b) { return b.status == BuildStatus::kQueued; }, false)) {
      queue.queued.push_back(row->build);
    }
    std::map<HostId, int> running;
    for (const FakeBuild* row : rows.BuildsWhere(
             [](const model::Build& b) { return b.status == BuildStatus::kBuilding; }, false)) {
      queue.building.push_back(row->build);
      running[row->build.lease.host] += 1;
    }
    for (const auto& [id, row] : rows.hosts) {
      if (row.host.build_slots > 0 && rows.Alive(id, now))
        queue.builders.push_back({id, row.host.build_slots, running[id], row.host.build_methods});
    }
    for (const auto& [id, row] : rows.builds) {
      const Time started = row.build.started_at;
      if (started <= now - std::chrono::hours(1)) continue;
      Time& served = queue.served[QueueAppOf(rows, row.build.app).owner];
      served = std::max(served, started);
    }
    for (const auto* builds : {&queue.queued, &queue.building}) {
      for (const model::Build& build : *builds) queue.apps[build.app] = QueueAppOf(rows, build.app);
    }
    return queue;
  }

  Result<std::vector<model::Build>> ListWhere(
      const std::function<bool(const model::Build&)>& wanted, int offset, int limit) {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<model::Build>> {
      std::vector<model::Build> page;
      const auto found = rows.BuildsWhere(wanted, true);
      for (size_t i = static_cast<size_t>(offset);
           i < found.size() && page.size() < static_cast<size_t>(limit); ++i) {
        page.push_back(found[i]->build);
      }
      return page;
    });
  }

  FakeRows& rows_;
};

class FakeBuildLogs final : public BuildLogStore {
 public:
  explicit FakeBuildLogs(FakeRows& rows) : rows_(rows) {}

  Result<int64_t> Append(const BuildId& id, const std::string& token, int64_t offset,
                         std::string_view bytes) override {
    return rows_.Write([&](FakeState& rows, Time, HintList& hints) -> Result<int64_t> {
      const auto found = rows.builds.find(id);
      const bool held = found != rows.builds.end() &&
                        found->second.build.status == BuildStatus::kBuilding &&
                        found->second.build.lease.token == token;
      if (!held) return Stale("the lease of the build is lost");
      std::string& log = found->second.log;
      const auto end = static_cast<int64_t>(log.size());
      const auto last = offset + static_cast<int64_t>(bytes.size());
      if (offset < 0 || offset > end || last <= end) return end;
      log += bytes.substr(static_cast<size_t>(end - offset));
      hints.push_back({Hint::Kind::kBuildLog, id.str()});
      return last;
    });
  }
  Result<LogSlice> Read(const BuildId& id, int64_t offset, int64_t max) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<LogSlice> {
      const auto found = rows.builds.find(id);
      if (found == rows.builds.end()) return NoSuch("build", id.str());
      const std::string& log = found->second.log;
      const auto end = static_cast<int64_t>(log.size());
      LogSlice slice;
      offset = std::max<int64_t>(offset, 0);
      if (offset < end)
        slice.bytes =
            log.substr(static_cast<size_t>(offset), static_cast<size_t>(std::max<int64_t>(max, 0)));
      slice.next_offset = offset + static_cast<int64_t>(slice.bytes.size());
      slice.finished = model::IsTerminal(found->second.build.status) && slice.next_offset >= end;
      return slice;
    });
  }

 private:
  FakeRows& rows_;
};

}  // namespace

std::unique_ptr<BuildStore> NewFakeBuilds(FakeRows& rows) {
  return std::make_unique<FakeBuilds>(rows);
}
std::unique_ptr<BuildLogStore> NewFakeBuildLogs(FakeRows& rows) {
  return std::make_unique<FakeBuildLogs>(rows);
}

}  // namespace ns::ports::testing
