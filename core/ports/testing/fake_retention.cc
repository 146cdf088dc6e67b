#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {
namespace {

using model::ImageState;

class FakeRetention final : public RetentionStore {
 public:
  explicit FakeRetention(FakeRows& rows) : rows_(rows) {}

  Result<model::AppHistory> History(const AppId& id, const HostId& holder,
                                    const std::vector<std::string>& backends) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<model::AppHistory> {
      FakeApp* row = rows.FindApp(id);
      if (!row) return PurgedIn(rows, id, now);
      NS_TRY(rows.TakeApp(*row, holder, backends, now));
      return HistoryOf(rows, *row, now);
    });
  }

  Status CondemnImages(const AppId& id, const std::vector<BuildId>& builds,
                       const HostId& holder) override {
    return Edit(id, holder, [&](FakeState& rows, FakeApp& app, Time now, HintList& hints) {
      const std::set<BuildId> needed = Needed(app);
      for (model::Build* build : Settled(rows, id, builds)) {
        if (build->image_state == ImageState::kKept && !needed.contains(build->id))
          SetImage(rows, *build, ImageState::kCondemned, now, hints);
      }
    });
  }

  Status ImagesGone(const AppId& id, const std::vector<BuildId>& builds,
                    const HostId& holder) override {
    return Edit(id, holder, [&](FakeState& rows, FakeApp&, Time now, HintList& hints) {
      for (model::Build* build : Settled(rows, id, builds)) {
        if (build->image_state == ImageState::kCondemned)
          SetImage(rows, *build, ImageState::kGone, now, hints);
      }
    });
  }

  Status DropLogs(const AppId& id, const std::vector<BuildId>& builds,
                  const HostId& holder) override {
    return Edit(id, holder, [&](FakeState& rows, FakeApp&, Time, HintList&) {
      for (const model::Build* build : Settled(rows, id, builds)) rows.builds[build->id].log = "";
    });
  }

  Status DropReleases(const AppId& id, const std::vector<ReleaseId>& releases,
                      const HostId& holder) override {
    return Edit(id, holder, [&](FakeState&, FakeApp& app, Time, HintList&) {
      std::erase_if(app.releases, [&](const model::Release& one) {
        const bool in_use = one.id == app.app.target.release || one.id == app.app.pinned;
        return !in_use && std::ranges::find(releases, one.id) != releases.end();
      });
    });
  }

  Result<int64_t> DropEvents(Duration age, int limit) override {
    int64_t gone = 0;
    const Status dropped = rows_.Write([&](FakeState& rows, Time now, HintList&) -> Status {
      const auto end = rows.events.begin() + std::min<int64_t>(limit, std::ssize(rows.events));
      const auto young = std::stable_partition(
          rows.events.begin(), end, [&](const auto& event) { return event.at + age <= now; });
      gone = young - rows.events.begin();
      rows.events.erase(rows.events.begin(), young);
      int64_t looked = 0;
      gone = std::max<int64_t>(gone, std::erase_if(rows.audit, [&](const auto& event) {
                                 return looked++ < limit && event.at + age <= now;
                               }));
      return {};
    });
    if (!dropped.ok()) return dropped;
    return gone;
  }

  Result<std::vector<AppId>> Purged() override {
    return rows_.Read([](FakeState& rows, Time) -> Result<std::vector<AppId>> {
      std::vector<AppId> ids;
      for (const auto& [id, at] : rows.purged) ids.push_back(id);
      return ids;
    });
  }

  Status ForgetPurged(const AppId& id) override {
    return rows_.Write([&](FakeState& rows, Time, HintList&) -> Status {
      rows.purged.erase(id);
      return {};
    });
  }

 private:
  static Result<model::AppHistory> PurgedIn(const FakeState& rows, const AppId& id, Time now) {
    const auto found = rows.purged.find(id);
    if (found == rows.purged.end()) return NoSuch("application", id.str());
    model::AppHistory history;
    history.app.id = id;
    history.purged = found->second;
    history.now = now;
    return history;
  }

  static model::AppHistory HistoryOf(const FakeState& rows, const FakeApp& row, Time now) {
    model::AppHistory history;
    history.app = row.app;
    history.app.env.clear();
    history.removed = row.removed;
    history.version = row.version;
    history.now = now;
    const auto said = rows.conditions.find({model::Subject::kApplication, row.app.id.str()});
    if (said != rows.conditions.end()) {
      const auto cleanup = said->second.find("Cleanup");
      history.stuck = cleanup != said->second.end() && !cleanup->second.ok;
    }
    for (auto it = row.releases.rbegin(); it != row.releases.rend(); ++it)
      history.releases.push_back(BareRelease(rows, *it));
    for (const FakeBuild* build :
         rows.BuildsWhere([&](const model::Build& b) { return b.app == row.app.id; }, true)) {
      history.builds.push_back(build->build);
      if (!build->log.empty()) history.logged.push_back(build->build.id);
    }
    return history;
  }

  // Builds that the target or the pin runs.
  static std::set<BuildId> Needed(const FakeApp& app) {
    std::set<BuildId> needed;
    for (const model::Release& release : app.releases) {
      if (release.id == app.app.target.release || release.id == app.app.pinned)
        needed.insert(release.build);
    }
    return needed;
  }

  static std::vector<model::Build*> Settled(FakeState& rows, const AppId& app,
                                            const std::vector<BuildId>& builds) {
    std::vector<model::Build*> settled;
    for (const BuildId& id : builds) {
      model::Build* build = rows.FindBuild(id);
      if (build && build->app == app && model::IsTerminal(build->status)) settled.push_back(build);
    }
    return settled;
  }

  static void SetImage(FakeState& rows, model::Build& build, ImageState state, Time now,
                       HintList& hints) {
    const BuildChange change(rows, build, now);
    build.image_state = state;
    rows.Changed(build.app, now);
    HintApp(hints, build.app);
  }

  template <class Change>
  Status Edit(const AppId& id, const HostId& holder, Change&& change) {
    return rows_.Write([&](FakeState& rows, Time now, HintList& hints) -> Status {
      FakeApp* row = rows.FindApp(id);
      if (!row) return NoSuch("application", id.str());
      NS_TRY(rows.CheckHeld(row->holder, holder, now));
      change(rows, *row, now, hints);
      return {};
    });
  }

  FakeRows& rows_;
};

}  // namespace

std::unique_ptr<RetentionStore> NewFakeRetention(FakeRows& rows) {
  return std::make_unique<FakeRetention>(rows);
}

}  // namespace ns::ports::testing
