#include "model/list_limits.h"
#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {
namespace {

std::vector<Holding> HoldingsBeside(const FakeState& rows, const AppId& id) {
  std::vector<Holding> holdings;
  for (const auto& [other, row] : rows.apps) {
    if (other != id && !row.app.deleted)
      holdings.push_back({other, row.app.owners, row.app.websites, row.app.ports});
  }
  return holdings;
}

// The two rules that hold even without a check: one holder for each address and port.
Status CheckUnique(const model::Application& app, const std::vector<Holding>& others) {
  for (const Holding& other : others) {
    for (const model::Website& site : app.websites) {
      for (const model::Website& held : other.websites) {
        if (site.fqdn == held.fqdn && site.path_prefix == held.path_prefix &&
            site.https == held.https) {
          return Status(Code::kExists,
                        site.fqdn + site.path_prefix + " belongs to another application");
        }
      }
    }
    for (const model::PortPublication& port : app.ports) {
      for (const model::PortPublication& held : other.ports) {
        if (port.internet_port == held.internet_port && port.protocol == held.protocol) {
          return Status(Code::kExists, "port " + std::to_string(port.internet_port) +
                                           " belongs to another application");
        }
      }
    }
  }
  return {};
}

Status CheckWrite(const FakeState& rows, const model::Application& app, const HoldingCheck& check) {
  const std::vector<Holding> others = HoldingsBeside(rows, app.id);
  if (check) NS_TRY(check(others));
  NS_TRY(CheckUnique(app, others));
  for (const UserId& owner : app.owners) {
    if (!rows.users.contains(owner)) return NoSuch("user", owner.str());
  }
  return {};
}

void CopyEditable(const model::Application& from, model::Application& to) {
  to.name = from.name;
  to.ref = from.ref;
  to.build = from.build;
  to.run = from.run;
  to.artifact_path = from.artifact_path;
  to.spa = from.spa;
  to.deploy_type = from.deploy_type;
  to.websites = from.websites;
  to.ports = from.ports;
  to.owners = from.owners;
  to.strategy = from.strategy;
}

// Which owners are so no more.
std::string Left(std::vector<UserId> before, const std::vector<UserId>& after) {
  std::erase_if(
      before, [&](const UserId& owner) { return std::ranges::find(after, owner) != after.end(); });
  return before.empty() ? "{}" : "{\"owners_left\":" + IdList(std::move(before)) + "}";
}

void Touch(FakeApp& row, Time now) {
  row.app.updated_at = std::max(now, row.app.updated_at + std::chrono::microseconds(1));
  row.Changed(now);
}

class FakeApps final : public AppStore {
 public:
  explicit FakeApps(FakeRows& rows) : rows_(rows) {}

  Status Insert(const model::Application& app, const HoldingCheck& check,
                const UserId& actor) override {
    return rows_.Write([&](FakeState& rows, Time now, HintList& hints) -> Status {
      if (rows.apps.contains(app.id))
        return Status(Code::kExists, "an application with this id exists");
      if (!rows.repositories.contains(app.repository))
        return NoSuch("repository", app.repository.str());
      NS_TRY(CheckWrite(rows, app, check));
      FakeApp& row = rows.apps[app.id];
      row.app = app;
      row.number = ++rows.last_number;
      row.app.created_at = row.app.updated_at = now;
      row.app.deleted = false;
      std::ranges::sort(row.app.env, {}, &model::EnvVar::key);
      TellApp(rows, nullptr, row, actor, now);
      HintApp(hints, app.id);
      hints.push_back({Hint::Kind::kRepository, app.repository.str()});
      return {};
    });
  }
  Status Update(const model::Application& app, Time expected_updated_at, const HoldingCheck& check,
                const UserId& actor, const EnvEdit& env) override {
    return rows_.Write([&](FakeState& rows, Time now, HintList& hints) -> Status {
      FakeApp* row = rows.FindLiveApp(app.id);
      if (!row) return NoSuch("application", app.id.str());
      if (row->app.updated_at != expected_updated_at)
        return Stale("the application was changed by somebody else meanwhile");
      NS_TRY(CheckWrite(rows, app, check));
      const bool moved = row->app.ref != app.ref;
      const bool site = app.deploy_type == model::DeployType::kStatic && row->app.spa != app.spa;
      model::Event event =
          EventOf(rows, model::Subject::kApplication, app.id.str(), actor, "app.updated");
      event.data = Left(row->app.owners, app.owners);
      CopyEditable(app, row->app);
      Touch(*row, now);
      AppendEvent(rows, std::move(event), now);
      for (const model::EnvVar& variable : env.set) SetOne(rows, *row, variable, actor, now);
      for (const std::string& key : env.drop) DropOne(rows, *row, key, actor, now);
      HintApp(hints, app.id);
      if (moved) hints.push_back({Hint::Kind::kRepository, row->app.repository.str()});
      if (site) HintSite(hints, app.id);
      return {};
    });
  }
  Result<model::Application> Get(const AppId& id) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<model::Application> {
      const FakeApp* row = rows.FindApp(id);
      if (!row) return NoSuch("application", id.str());
      return row->app;
    });
  }
  Result<std::vector<model::Application>> List() override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<model::Application>> {
      std::vector<const FakeApp*> live;
      for (const auto& [id, row] : rows.apps) {
        if (!row.app.deleted) live.push_back(&row);
      }
      std::ranges::sort(live, {}, &FakeApp::number);
      std::vector<model::Application> all;
      for (const FakeApp* row : live) {
        all.push_back(row->app);
        all.back().env.clear();
      }
      return all;
    });
  }
  Result<std::vector<model::Versioned>> Index(const HostId& holder,
                                              const std::vector<std::string>& backends) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<std::vector<model::Versioned>> {
      std::vector<model::Versioned> index;
      for (const auto& [id, row] : rows.apps) {
        const bool held = rows.CheckHeld(row.holder, holder, now).ok();
        const bool free = std::ranges::find(backends, row.app.backend) != backends.end() &&
                          !rows.Alive(row.holder, now);
        if (held || free) index.push_back({id.str(), held ? row.version : 0, Backend(row.app)});
      }
      return index;
    });
  }
  Status SetEnv(const AppId& id, const model::EnvVar& variable, const UserId& actor) override {
    return EditEnv(id, [&](FakeState& rows, FakeApp& row, Time now) -> Status {
      const auto& env = row.app.env;
      const auto own = std::ranges::count(env, false, &model::EnvVar::system);
      const bool known = std::ranges::find(env, variable.key, &model::EnvVar::key) != env.end();
      if (!variable.system && !known && static_cast<size_t>(own) >= model::kMostVariables)
        return model::TooManyVariables();
      SetOne(rows, row, variable, actor, now);
      return {};
    });
  }
  Status DeleteEnv(const AppId& id, const std::string& key, const UserId& actor) override {
    return EditEnv(id, [&](FakeState& rows, FakeApp& row, Time now) -> Status {
      return DropOne(rows, row, key, actor, now) ? Status()
                                                 : NotFound("there is no variable \"" + key + "\"");
    });
  }
  Status SetDesired(const AppId& id, model::DesiredState desired, bool restart,
                    const UserId& actor) override {
    return Edit(id, actor, [&](model::Application& app, Time now) -> Status {
      app.desired = desired;
      if (restart) app.restart_nonce = NextVersion(app.restart_nonce, now);
      return {};
    });
  }
  Status SetPin(const AppId& id, const ReleaseId& release, const UserId& actor) override {
    return rows_.Write([&](FakeState& rows, Time now, HintList& hints) -> Status {
      FakeApp* row = rows.FindLiveApp(id);
      if (!row) return NoSuch("application", id.str());
      const auto found = std::ranges::find(row->releases, release, &model::Release::id);
      if (!release.empty() && found == row->releases.end()) return NoSuch("release", release.str());
      if (!release.empty() && BareRelease(rows, *found).image_gone)
        return Status(Code::kPrecondition, "ImageGone", "the image of that release is gone");
      const AppChange change(rows, *row, now, actor);
      row->app.pinned = release;
      Touch(*row, now);
      HintApp(hints, id);
      return {};
    });
  }
  Status MarkDeleted(const AppId& id, const UserId& actor) override {
    return Edit(id, actor, [&](model::Application& app, Time) -> Status {
      if (app.desired == model::DesiredState::kRunning)
        return Status(Code::kPrecondition, "the application runs: stop it first");
      app.deleted = true;
      return {};
    });
  }

 private:
  static std::string Backend(const model::Application& app) {
    return app.deleted || app.target.generation == 0 ? "" : app.backend;
  }
  static void TellEnv(FakeState& rows, const AppId& id, const UserId& actor, const char* kind,
                      const std::string& key, Time now) {
    model::Event event = EventOf(rows, model::Subject::kApplication, id.str(), actor, kind);
    event.message = key;
    AppendEvent(rows, std::move(event), now);
  }
  static void SetOne(FakeState& rows, FakeApp& row, const model::EnvVar& variable,
                     const UserId& actor, Time now) {
    auto& env = row.app.env;
    std::erase_if(env, [&](const model::EnvVar& other) { return other.key == variable.key; });
    env.push_back(variable);
    std::ranges::sort(env, {}, &model::EnvVar::key);
    TellEnv(rows, row.app.id, actor, "app.env_set", variable.key, now);
  }
  // False: there is no such variable.
  static bool DropOne(FakeState& rows, FakeApp& row, const std::string& key, const UserId& actor,
                      Time now) {
    const auto gone =
        std::erase_if(row.app.env, [&](const model::EnvVar& other) { return other.key == key; });
    if (gone > 0) TellEnv(rows, row.app.id, actor, "app.env_deleted", key, now);
    return gone > 0;
  }
  template <class Change>
  Status EditEnv(const AppId& id, Change&& change) {
    return rows_.Write([&](FakeState& rows, Time now, HintList& hints) -> Status {
      FakeApp* row = rows.FindLiveApp(id);
      if (!row) return NoSuch("application", id.str());
      NS_TRY(change(rows, *row, now));
      Touch(*row, now);
      HintApp(hints, id);
      return {};
    });
  }
  template <class Change>
  Status Edit(const AppId& id, const UserId& actor, Change&& change) {
    return rows_.Write([&](FakeState& rows, Time now, HintList& hints) -> Status {
      FakeApp* row = rows.FindLiveApp(id);
      if (!row) return NoSuch("application", id.str());
      const AppChange told(rows, *row, now, actor);
      NS_TRY(change(row->app, now));
      Touch(*row, now);
      HintApp(hints, id);
      return {};
    });
  }

  FakeRows& rows_;
};

}  // namespace

std::unique_ptr<AppStore> NewFakeApps(FakeRows& rows) { return std::make_unique<FakeApps>(rows); }

}  // namespace ns::ports::testing
