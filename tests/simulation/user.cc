#include "user.h"

#include <algorithm>
#include <array>

namespace ns::sim {

using namespace std::chrono_literals;
using model::DesiredState;

namespace {

constexpr int kMostApps = 5;
constexpr std::array<const char*, 17> kStepNames = {"creates",
                                                    "pushes",
                                                    "points back to an old commit",
                                                    "sets a variable",
                                                    "drops a variable",
                                                    "changes addresses",
                                                    "starts",
                                                    "stops",
                                                    "restarts",
                                                    "deletes",
                                                    "cancels a build",
                                                    "retries",
                                                    "sets a variable and drops it",
                                                    "changes addresses to and fro",
                                                    "pushes again and again",
                                                    "rolls back",
                                                    "unpins"};

std::string Padded(const std::string& text, size_t size) {
  return std::string(size - std::min(size, text.size()), '0') + text;
}

// Up to 40 ms.
Duration Moment(int64_t choice) { return std::chrono::microseconds(choice % 40'000); }

model::Website SiteOf(int index, int64_t choice) {
  model::Website site;
  site.id = WebsiteId(Padded(std::to_string(index * 1000 + choice % 1000), 22));
  site.fqdn = choice % 5 == 4 ? "shared.example.com"
                              : "app" + std::to_string(index) + "-" + std::to_string(choice % 3) +
                                    ".example.com";
  site.port = 8080;
  return site;
}

}  // namespace

std::string Describe(const UserStep& step) {
  return "the owner of " + Users::IdOf(step.app).str() + " " +
         kStepNames[static_cast<size_t>(step.kind)] + " (" + std::to_string(step.choice) + ")";
}

std::string SitesText(const std::vector<model::Website>& sites) {
  std::string text;
  for (const model::Website& site : sites) text += site.fqdn + site.path_prefix + " ";
  return text;
}

std::vector<UserStep> DrawSteps(Chance& chance, Duration until) {
  std::vector<UserStep> steps;
  const int apps = 1 + static_cast<int>(chance.Below(kMostApps));
  const int count = 5 + static_cast<int>(chance.Below(40));
  for (int app = 0; app < apps; ++app)
    steps.push_back({chance.Between(0s, 5s), app, StepKind::kCreate, chance.Below(1 << 20)});
  for (int i = 0; i < count; ++i) {
    static constexpr std::array kOften = {
        StepKind::kPush,      StepKind::kPush,      StepKind::kPush,    StepKind::kPush,
        StepKind::kSetEnv,    StepKind::kSetEnv,    StepKind::kSites,   StepKind::kStart,
        StepKind::kStop,      StepKind::kStart,     StepKind::kRestart, StepKind::kDropEnv,
        StepKind::kPointBack, StepKind::kCancel,    StepKind::kRetry,   StepKind::kDelete,
        StepKind::kFlipEnv,   StepKind::kFlipSites, StepKind::kFlood,   StepKind::kRollBack,
        StepKind::kUnpin};
    const auto kind = kOften[static_cast<size_t>(chance.Below(kOften.size()))];
    steps.push_back({chance.Between(5s, until), static_cast<int>(chance.Below(apps)), kind,
                     chance.Below(1 << 20)});
  }
  std::stable_sort(steps.begin(), steps.end(),
                   [](const UserStep& a, const UserStep& b) { return a.at < b.at; });
  return steps;
}

std::string Users::BackendOf(const AppId& app) {
  return (app.str().back() - '0') % 3 == 1 ? "edge" : "docker";
}

AppId Users::IdOf(int index) { return AppId("a" + Padded(std::to_string(index), 21)); }

Users::Users(Scheduler& scheduler, Network& network, ports::testing::FakeStore& database,
             GitWorld& git)
    : scheduler_(scheduler),
      git_(git),
      database_(database),
      way_(network, process_, Peer::kStore),
      faulty_(database.store(), way_),
      store_(faulty_.Ports()) {
  process_->mortal = false;
}

void Users::SetUp() {
  const ports::Store store = database_.store();
  for (int i = 0; i < 2; ++i) {
    owners_.push_back(store.users.Ensure(i == 0 ? "alice" : "bob", false)->id);
    model::Repository repository;
    repository.id = RepositoryId(Padded(std::to_string(i), 22));
    repository.name = "r" + std::to_string(i);
    repository.url = UrlOf(i);
    repository.owners = {owners_.back()};
    (void)store.repositories.Insert(repository);
    for (const char* ref : {"main", "dev"}) {
      pushed_.push_back(Padded(std::to_string(pushed_.size() + 1), 40));
      git_.Push(UrlOf(i), ref, pushed_.back(), {});
    }
  }
}

// The steps of one application are one task: a person waits for an answer before they go on.
void Users::Do(const std::vector<UserStep>& steps) {
  std::map<int, std::vector<UserStep>> by_app;
  for (const UserStep& step : steps) by_app[step.app].push_back(step);
  for (const auto& of_one : by_app) {
    scheduler_.Spawn(process_, [this, own = of_one.second] {
      for (const UserStep& step : own) {
        if (step.at > scheduler_.now()) scheduler_.Sleep(step.at - scheduler_.now());
        InTurn(step);
      }
    });
  }
}

void Users::Also(const UserStep& step) {
  scheduler_.Spawn(process_, [this, step] {
    if (step.at > scheduler_.now()) scheduler_.Sleep(step.at - scheduler_.now());
    InTurn(step);
  });
}

void Users::InTurn(const UserStep& step) {
  while (!busy_.insert(step.app).second) scheduler_.Sleep(5ms);
  Take(step);
  busy_.erase(step.app);
}

void Users::Take(const UserStep& step) {
  switch (step.kind) {
    case StepKind::kCreate:
      return Create(step.app);
    case StepKind::kPush:
      return Push(step);
    case StepKind::kPointBack:
      return PointBack(step);
    case StepKind::kSetEnv:
      return SetEnv(step);
    case StepKind::kDropEnv:
      return DropEnv(step);
    case StepKind::kSites:
      return Sites(step);
    case StepKind::kStart:
      return Desire(step, DesiredState::kRunning, false);
    case StepKind::kStop:
      return Desire(step, DesiredState::kStopped, false);
    case StepKind::kRestart:
      return Desire(step, DesiredState::kRunning, true);
    case StepKind::kDelete:
      return Delete(step);
    case StepKind::kCancel:
      return Cancel(step);
    case StepKind::kRetry:
      return Retry(step);
    case StepKind::kFlipEnv:
      return FlipEnv(step);
    case StepKind::kFlipSites:
      return FlipSites(step);
    case StepKind::kFlood:
      return Flood(step);
    case StepKind::kRollBack:
      return RollBack(step);
    case StepKind::kUnpin:
      return Pin(step, ReleaseId());
  }
}

// While it is under way, or where no answer came: the old or the new. Acknowledged: the new, unless
// the database has lost it since. Refused: the old.
template <class T, class Write>
void Users::Promised(std::set<T>& allowed, const T& value, const Write& write) {
  const int before = rebased_;
  const bool fresh = allowed.insert(value).second;
  const auto again = under_way_.insert(under_way_.end(), [&] { allowed.insert(value); });
  const Status outcome = write();
  under_way_.erase(again);
  if (before != rebased_)
    allowed.insert(value);
  else if (outcome.ok())
    allowed = {value};
  else if (outcome.code() != Code::kUnavailable && fresh)
    allowed.erase(value);
}

void Users::Create(int index) {
  model::Application app;
  app.id = IdOf(index);
  app.name = "app" + std::to_string(index);
  app.repository = RepositoryId(Padded(std::to_string(index % 2), 22));
  app.ref = RefOf(index);
  app.build = {"runtime-dockerfile", "{}"};
  app.websites = {SiteOf(index, 0)};
  app.owners = {owners_[static_cast<size_t>(index % 2)]};
  app.backend = BackendOf(app.id);
  app.desired = DesiredState::kRunning;
  Promise promise;
  promise.desired = {app.desired};
  promise.sites = {SitesText(app.websites)};
  promise.deleted = {false};
  promise.pinned = {ReleaseId()};
  promises_[app.id] = promise;
  const int before = rebased_;
  const Status created = store_.apps.Insert(app, nullptr);
  if (before == rebased_) promises_[app.id].created = created.ok();
}

void Users::Push(const UserStep& step) {
  const int64_t kind = step.choice % 12;
  pushed_.push_back(Padded(std::to_string(pushed_.size() + 1), 40));
  git_.Push(UrlOf(step.app), RefOf(step.app), pushed_.back(),
            {.builds = kind != 0, .starts = kind != 1});
  // A webhook, which may be lost.
  (void)store_.hints.Send(
      {ports::Hint::Kind::kRepository, Padded(std::to_string(step.app % 2), 22)});
}

void Users::PointBack(const UserStep& step) {
  const std::string& commit = pushed_[static_cast<size_t>(step.choice) % pushed_.size()];
  git_.Point(UrlOf(step.app), RefOf(step.app), commit);
}

void Users::SetEnv(const UserStep& step) {
  const AppId id = IdOf(step.app);
  model::EnvVar variable;
  variable.key = "V" + std::to_string(step.choice % 3);
  const std::string value = id.str() + "/" + std::to_string(step.choice % 7);
  variable.value = Secret(value);
  variable.scope = static_cast<model::EnvScope>(step.choice % 3);
  auto& allowed = promises_[id].env.try_emplace(variable.key).first->second;
  if (allowed.empty()) allowed = {std::nullopt};
  Promised(allowed, std::optional(value), [&] { return store_.apps.SetEnv(id, variable); });
}

void Users::DropEnv(const UserStep& step) {
  const AppId id = IdOf(step.app);
  const std::string key = "V" + std::to_string(step.choice % 3);
  auto& allowed = promises_[id].env.try_emplace(key).first->second;
  if (allowed.empty()) allowed = {std::nullopt};
  Promised(allowed, std::optional<std::string>(), [&] { return store_.apps.DeleteEnv(id, key); });
}

void Users::Sites(const UserStep& step) {
  std::vector<model::Website> sites = {SiteOf(step.app, step.choice)};
  if (step.choice % 2 == 1 && step.choice % 3 != 0) sites.push_back(SiteOf(step.app, 0));
  SetSites(IdOf(step.app), sites, nullptr);
}

bool Users::SetSites(const AppId& id, const std::vector<model::Website>& sites,
                     std::vector<model::Website>* before) {
  Result<model::Application> app = store_.apps.Get(id);
  if (!app.ok() || app->deleted) return false;
  if (before) *before = app->websites;
  app->websites = sites;
  Promised(promises_[id].sites, SitesText(sites),
           [&] { return store_.apps.Update(*app, app->updated_at, nullptr); });
  return true;
}

// Some milliseconds apart: the loops are in the middle of what the first change asks for.
void Users::FlipEnv(const UserStep& step) {
  for (int64_t i = 0; i <= step.choice % 3; ++i) {
    SetEnv(step);
    scheduler_.Sleep(Moment(step.choice >> i));
    DropEnv(step);
    scheduler_.Sleep(Moment(step.choice >> (i + 3)));
  }
}

void Users::FlipSites(const UserStep& step) {
  const AppId id = IdOf(step.app);
  for (int64_t i = 0; i <= step.choice % 3; ++i) {
    std::vector<model::Website> before;
    if (!SetSites(id, {SiteOf(step.app, step.choice)}, &before)) return;
    scheduler_.Sleep(Moment(step.choice >> i));
    if (!SetSites(id, before, nullptr)) return;
    scheduler_.Sleep(Moment(step.choice >> (i + 3)));
  }
}

// To all branches, so that many applications of one owner want a build at once.
void Users::Flood(const UserStep& step) {
  if (std::exchange(flooded_, true)) return;
  for (int64_t i = 0; i < 6; ++i) {
    for (const int next : {0, 2}) {
      UserStep push = step;
      push.app = step.app % 2 + next;
      push.choice = step.choice + 2;  // one that builds and starts
      Push(push);
    }
    scheduler_.Sleep(700ms + Moment(step.choice) * 20);
  }
}

void Users::Desire(const UserStep& step, DesiredState state, bool restart) {
  const AppId id = IdOf(step.app);
  const Duration asked = scheduler_.now();
  Promised(promises_[id].desired, state, [&] {
    const int before = rebased_;
    const Status outcome = store_.apps.SetDesired(id, state, restart);
    if (restart && outcome.ok() && before == rebased_) promises_[id].restarted = asked;
    return outcome;
  });
}

void Users::Delete(const UserStep& step) {
  if (step.choice % 2 == 0) return;
  Desire(step, DesiredState::kStopped, false);
  const AppId id = IdOf(step.app);
  Promised(promises_[id].deleted, true, [&] { return store_.apps.MarkDeleted(id); });
}

void Users::RollBack(const UserStep& step) {
  const auto releases = store_.deploys.Releases(IdOf(step.app), 4);
  if (!releases.ok() || releases->empty()) return;
  Pin(step, (*releases)[static_cast<size_t>(step.choice) % releases->size()].id);
}

void Users::Pin(const UserStep& step, const ReleaseId& release) {
  const AppId id = IdOf(step.app);
  Promised(promises_[id].pinned, release, [&] { return store_.apps.SetPin(id, release); });
}

void Users::Cancel(const UserStep& step) {
  const auto builds = store_.builds.ListByApp(IdOf(step.app), 3);
  if (!builds.ok() || builds->empty()) return;
  (void)store_.builds.Cancel(builds->front().id);
}

void Users::Retry(const UserStep& step) {
  const auto builds = store_.builds.ListByApp(IdOf(step.app), 3);
  if (!builds.ok() || builds->empty()) return;
  (void)store_.builds.Retry(IdOf(step.app), builds->front().commit);
}

void Users::Rebase() {
  ++rebased_;
  database_.rows().state.With([this](ports::testing::FakeState& rows) {
    for (auto& [id, promise] : promises_) {
      const auto row = rows.apps.find(id);
      if (row == rows.apps.end()) {
        lost_.insert(id);
        promise.created = false;
        continue;
      }
      const model::Application& app = row->second.app;
      promise.desired = {app.desired};
      promise.deleted = {app.deleted};
      promise.pinned = {app.pinned};
      promise.restarted = {};
      promise.sites = {SitesText(app.websites)};
      for (auto& [key, allowed] : promise.env) allowed = {std::nullopt};
      for (const model::EnvVar& variable : app.env)
        promise.env[variable.key] = {variable.value.Reveal()};
    }
  });
  for (const auto& promise : under_way_) promise();
}

std::string Users::Broken() const {
  return database_.rows().state.With([this](ports::testing::FakeState& rows) -> std::string {
    for (const auto& [id, promise] : promises_) {
      const auto row = rows.apps.find(id);
      if (row == rows.apps.end()) {
        if (promise.created && !promise.deleted.contains(true)) return id.str() + " is gone";
        continue;
      }
      const model::Application& app = row->second.app;
      if (!promise.desired.contains(app.desired)) return id.str() + ": its state";
      if (!promise.deleted.contains(app.deleted)) return id.str() + ": its deletion";
      if (!promise.pinned.contains(app.pinned)) return id.str() + ": what it is pinned to";
      if (!promise.sites.contains(SitesText(app.websites))) return id.str() + ": its addresses";
      for (const auto& [key, allowed] : promise.env) {
        const auto found =
            std::find_if(app.env.begin(), app.env.end(),
                         [&key = key](const auto& variable) { return variable.key == key; });
        const auto value = found == app.env.end() ? std::optional<std::string>()
                                                  : std::optional(found->value.Reveal());
        if (!allowed.contains(value)) return id.str() + ": its variable " + key;
      }
    }
    return "";
  });
}

}  // namespace ns::sim
