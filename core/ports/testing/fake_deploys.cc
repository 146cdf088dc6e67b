#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {
namespace {

bool IsNews(const std::optional<model::ObservedApp>& before, const model::PhaseMark& mark) {
  if (!before || before->phases.empty()) return true;
  const Time last = std::ranges::max_element(before->phases, {}, &model::PhaseMark::at)->at;
  return mark.at > last ||
         (mark.at == last && std::ranges::find(before->phases, mark) == before->phases.end());
}

model::Event PhaseEvent(const model::ObservedApp& observed, const model::PhaseMark& mark) {
  model::Event event;
  event.subject = model::Subject::kApplication;
  event.subject_id = observed.id.str();
  event.app = observed.id;
  event.actor = "platform";
  event.kind = "deploy.phase";
  event.reason = mark.phase;
  event.data = PhaseData(observed.fence, mark);
  return event;
}

class FakeDeploys final : public DeployStore {
 public:
  explicit FakeDeploys(FakeRows& rows) : rows_(rows) {}

  Result<model::AppSnapshot> Snapshot(const AppId& id) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<model::AppSnapshot> {
      const FakeApp* row = rows.FindApp(id);
      if (!row) return NoSuch("application", id.str());
      return SnapshotOf(rows, *row, now);
    });
  }
  Result<model::AppSnapshot> Take(const AppId& id, const HostId& holder,
                                  const std::vector<std::string>& backends) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<model::AppSnapshot> {
      FakeApp* row = rows.FindApp(id);
      if (!row) return NoSuch("application", id.str());
      NS_TRY(rows.TakeApp(*row, holder, backends, now));
      return SnapshotOf(rows, *row, now);
    });
  }

  Result<model::Target> SetTarget(const AppId& id, int64_t expected_generation,
                                  const model::Target& next,
                                  const std::optional<model::Release>& release,
                                  const HostId& holder) override {
    return rows_.Write([&](FakeState& rows, Time now, HintList& hints) -> Result<model::Target> {
      FakeApp* row = rows.FindApp(id);
      if (!row) return NoSuch("application", id.str());
      NS_TRY(rows.CheckHeld(row->holder, holder, now));
      if (Condemned(rows, *row, next, release))
        return Stale("the image of that release is condemned");
      if (row->app.target.generation != expected_generation)
        return Stale("the target of the application has moved on");
      const AppChange change(rows, *row, now);
      if (row->app.deploy_type == model::DeployType::kStatic &&
          row->app.target.release != next.release)
        HintSite(hints, id);
      row->app.target = next;
      row->app.target.generation = expected_generation + 1;
      row->Changed(now);
      if (release) AddRelease(*row, *release, now);
      return row->app.target;
    });
  }
  Status SaveObserved(const model::ObservedApp& observed,
                      const std::vector<model::Condition>& conditions,
                      const HostId& holder) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Status {
      FakeApp* row = rows.FindApp(observed.id);
      if (!row) return NoSuch("application", observed.id.str());
      NS_TRY(rows.CheckHeld(row->holder, holder, now));
      if (row->observed && observed.fence < row->observed->fence) return {};
      StoreConditions(rows, {model::Subject::kApplication, observed.id.str()}, conditions, now);
      for (const model::PhaseMark& mark : observed.phases) {
        if (IsNews(row->observed, mark)) AppendEvent(rows, PhaseEvent(observed, mark), now);
      }
      row->observed = observed;
      return {};
    });
  }
  Result<std::vector<model::Release>> Releases(const AppId& id, int limit) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<model::Release>> {
      std::vector<model::Release> releases;
      if (const FakeApp* row = rows.FindApp(id)) {
        for (auto it = row->releases.rbegin(); it != row->releases.rend(); ++it)
          releases.push_back(BareRelease(rows, *it));
      }
      if (releases.size() > static_cast<size_t>(limit)) releases.resize(static_cast<size_t>(limit));
      return releases;
    });
  }
  Result<model::Attendance> Attendance(const AppId& id) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<model::Attendance> {
      const FakeApp* row = rows.FindApp(id);
      if (!row) return NoSuch("application", id.str());
      return AttendanceOf(rows, *row, now);
    });
  }
  Result<model::Release> Release(const AppId& app, const ReleaseId& id) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<model::Release> {
      if (const FakeApp* row = rows.FindApp(app)) {
        const auto found = std::ranges::find(row->releases, id, &model::Release::id);
        if (found != row->releases.end()) return WithEnv(rows, *found);
      }
      return NoSuch("release", id.str());
    });
  }
  Status ConfirmRemoved(const AppId& id, const HostId& holder) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Status {
      FakeApp* row = rows.FindApp(id);
      if (!row) return NoSuch("application", id.str());
      NS_TRY(rows.CheckHeld(row->holder, holder, now));
      if (!row->app.deleted) return Status(Code::kPrecondition, "the application is not deleted");
      const AppChange change(rows, *row, now);
      if (!row->removed) row->Changed(now);
      row->removed = true;
      return {};
    });
  }
  Status Purge(const AppId& id, const HostId& holder) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Status {
      const FakeApp* row = rows.FindApp(id);
      if (!row) return NoSuch("application", id.str());
      NS_TRY(rows.CheckHeld(row->holder, holder, now));
      if (!row->removed)
        return Status(Code::kPrecondition, "the backend has not confirmed that nothing is left");
      for (const FakeBuild* build :
           rows.BuildsWhere([&](const model::Build& b) { return b.app == id; }, false)) {
        rows.conditions.erase({model::Subject::kBuild, build->build.id.str()});
        rows.builds.erase(BuildId(build->build.id));
      }
      model::Event purged =
          EventOf(rows, model::Subject::kApplication, id.str(), kPlatform, "app.purged");
      purged.message = row->app.name;
      AppendEvent(rows, std::move(purged), now);
      rows.conditions.erase({model::Subject::kApplication, id.str()});
      rows.apps.erase(AppId(id));
      rows.purged[id] = now;
      return {};
    });
  }
  Result<int64_t> Epoch() override {
    return rows_.Read([](FakeState& rows, Time) -> Result<int64_t> { return rows.epoch; });
  }
  Status RaiseEpoch(int64_t at_least) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Status {
      if (at_least <= rows.epoch) return {};
      rows.epoch = at_least;
      model::Event raised = EventOf(rows, model::Subject::kInstallation, model::kInstallationId,
                                    kPlatform, "epoch.raised");
      raised.data = "{\"epoch\":" + std::to_string(at_least) + "}";
      AppendEvent(rows, std::move(raised), now);
      return {};
    });
  }

 private:
  // Whether the build of what `next` runs is not kept any more.
  static bool Condemned(const FakeState& rows, const FakeApp& row, const model::Target& next,
                        const std::optional<model::Release>& release) {
    if (release) return BareRelease(rows, *release).image_gone;
    const auto found = std::ranges::find(row.releases, next.release, &model::Release::id);
    return found != row.releases.end() && BareRelease(rows, *found).image_gone;
  }
  static void AddRelease(FakeApp& row, const model::Release& release, Time now) {
    model::Release stored = release;
    stored.app = row.app.id;
    stored.generation = row.app.target.generation;
    stored.created_at = now;
    stored.image_gone = false;
    std::ranges::sort(stored.env, {}, &model::EnvVar::key);
    row.releases.push_back(std::move(stored));
  }

  FakeRows& rows_;
};

}  // namespace

std::string PhaseData(const model::Fence& fence, const model::PhaseMark& mark) {
  return "{\"at\":\"" + FormatTime(mark.at) +
         "\",\"generation\":" + std::to_string(fence.generation) + ",\"phase\":\"" + mark.phase +
         "\"}";
}

std::unique_ptr<DeployStore> NewFakeDeploys(FakeRows& rows) {
  return std::make_unique<FakeDeploys>(rows);
}

}  // namespace ns::ports::testing
