// The same random operations on FakeStore and on PgStore: every answer and everything that can be
// read must be equal but for times, tokens and ids that the stores choose.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <map>
#include <sstream>

#include "ports/testing/fake_clock.h"
#include "ports/testing/fake_store.h"
#include "ports/testing/store_contract_base.h"
#include "store/pg_store.h"
#include "store/testing/inbox.h"
#include "store/testing/test_postgres.h"

namespace ns::store {
namespace {

using ports::Store;
using ports::testing::IdOf;
using namespace std::chrono_literals;

// 5,000 lists of four operations, each on what the ones before it in its chain have left.
constexpr int kChains = 20, kListsOfAChain = 250, kOperationsOfAList = 4, kLookEvery = 25;
constexpr int kRepositories = 2, kApps = 4, kBuilds = 8;
const char* const kUsers[] = {"alice", "bob"};

// One store with what it has given to its user.
struct World {
  Store s;
  std::map<std::string, UserId> users;
  std::map<std::string, std::string> names;  // of users by id
  std::map<BuildId, std::string> tokens;
};

std::string Show(const Status& status) {
  return std::string(CodeName(status.code())) + " " + status.reason();
}
template <class T>
std::string Show(const Result<T>& result) {
  return Show(result.status());
}

// Everything that an operation is made of, drawn before it runs on either store.
class Draw {
 public:
  explicit Draw(uint64_t seed) : random_(seed) {}
  int Below(int bound) { return static_cast<int>(random_.Below(static_cast<uint64_t>(bound))); }
  bool Chance(int percent) { return Below(100) < percent; }
  RepositoryId Repository() { return IdOf<RepositoryId>(1 + Below(kRepositories)); }
  AppId App() { return IdOf<AppId>(1 + Below(kApps)); }
  BuildId Build() { return IdOf<BuildId>(1 + Below(kBuilds)); }
  std::vector<BuildId> Builds() {
    std::vector<BuildId> ids;
    while (Chance(50)) ids.push_back(Build());
    return ids;
  }
  std::string Commit() { return std::string(40, static_cast<char>('a' + Below(3))); }

 private:
  SeededRandom random_;
};

using Operation = std::function<std::string(World&)>;

Operation PutRepository(Draw& draw) {
  model::Repository repository;
  repository.id = draw.Repository();
  repository.name = "name" + std::to_string(draw.Below(3));
  repository.url = "https://example.com/" + std::to_string(draw.Below(3));
  repository.credentials.password = Secret(draw.Chance(50) ? "secret" : "");
  const bool insert = draw.Chance(50);
  const int owner = draw.Below(3);
  return [=](World& world) mutable {
    repository.owners.clear();
    if (owner < 2) repository.owners = {world.users[kUsers[owner]]};
    return Show(insert ? world.s.repositories.Insert(repository)
                       : world.s.repositories.Update(repository));
  };
}

Operation PutApp(Draw& draw) {
  model::Application app;
  app.id = draw.App();
  app.name = "app" + std::to_string(draw.Below(3));
  app.repository = draw.Repository();
  app.ref = draw.Chance(50) ? "main" : "v2";
  app.spa = draw.Chance(50);
  if (draw.Chance(70))
    app.websites = {{WebsiteId(app.id.str()),
                     "host" + std::to_string(draw.Below(6)),
                     "/",
                     false,
                     draw.Chance(50),
                     false,
                     80,
                     {}}};
  if (draw.Chance(30))
    app.ports = {{30000 + draw.Below(4), 80,
                  draw.Chance(50) ? model::Protocol::kTcp : model::Protocol::kUdp}};
  const bool insert = draw.Chance(60), stale = draw.Chance(20);
  const int owner = draw.Below(2);
  return [=](World& world) mutable {
    app.owners = {world.users[kUsers[owner]]};
    if (insert) return Show(world.s.apps.Insert(app, nullptr));
    const auto current = world.s.apps.Get(app.id);
    const Time expected = !current.ok() || stale ? Time(1h) : current->updated_at;
    return Show(world.s.apps.Update(app, expected, [](const auto&) { return Status(); }));
  };
}

Operation ChangeApp(Draw& draw) {
  const AppId app = draw.App();
  const int kind = draw.Below(6);
  const std::string key = "KEY" + std::to_string(draw.Below(3)), commit = draw.Commit();
  const auto desired = static_cast<model::DesiredState>(draw.Below(3));
  const bool flag = draw.Chance(50);
  return [=](World& world) {
    switch (kind) {
      case 0:
        return Show(
            world.s.apps.SetEnv(app, {key, Secret(commit), model::EnvScope::kBoth, flag, !flag}));
      case 1:
        return Show(world.s.apps.DeleteEnv(app, key));
      case 2:
        return Show(world.s.apps.SetDesired(app, desired, flag));
      case 3:
        return Show(world.s.repositories.SetCommits(IdOf<RepositoryId>(1),
                                                    {{app, flag ? "main" : "v2", commit}},
                                                    {{commit, key, kNever, "m"}}));
      case 4:
        return Show(
            world.s.events.SetConditions(model::Subject::kApplication, app.str(),
                                         {{key, flag, commit, "", kNever, kNever, kNever}}));
      default:
        return Show(world.s.builds.Retry(app, commit));
    }
  };
}

Operation Remove(Draw& draw) {
  const AppId app = draw.App();
  const RepositoryId repository = draw.Repository();
  const int kind = draw.Below(4);
  return [=](World& world) {
    switch (kind) {
      case 0:
        return Show(world.s.apps.MarkDeleted(app));
      case 1:
        return Show(world.s.deploys.ConfirmRemoved(app));
      case 2:
        return Show(world.s.deploys.Purge(app));
      default:
        return Show(world.s.repositories.Delete(repository));
    }
  };
}

Operation Deploy(Draw& draw) {
  const AppId app = draw.App();
  const int kind = draw.Below(3), wrong = draw.Chance(20) ? 1 : 0, number = draw.Below(1'000'000);
  model::ObservedApp observed;
  observed.id = app;
  observed.fence = {1 + draw.Below(2), draw.Below(4)};
  observed.message = draw.Commit();
  for (int i = draw.Below(3); i > 0; --i)
    observed.phases.push_back(
        {"phase" + std::to_string(i), Time(std::chrono::seconds(1 + draw.Below(9)))});
  return [=](World& world) -> std::string {
    if (kind == 0)
      return Show(world.s.deploys.SaveObserved(
          observed, {{"Deploy", true, observed.message, "", kNever, kNever, kNever}}));
    const auto current = world.s.apps.Get(app);
    const int64_t generation = (current.ok() ? current->target.generation : 0) + wrong;
    std::optional<model::Release> release;
    model::Target next{0, model::DesiredState::kRunning, IdOf<ReleaseId>(number), "run", "route"};
    if (kind == 1) {
      release.emplace();
      release->id = next.release;
      release->commit = observed.message;
    }
    return Show(world.s.deploys.SetTarget(app, generation, next, release));
  };
}

Operation Register(Draw& draw) {
  model::Build build;
  build.id = draw.Chance(85) ? draw.Build() : BuildId();
  build.app = draw.App();
  build.commit = draw.Commit();
  build.build_key = "key" + std::to_string(draw.Below(4));
  const auto supersede = draw.Builds(), cancel = draw.Builds();
  return [=](World& world) { return Show(world.s.builds.Register(build, supersede, cancel)); };
}

Operation Work(Draw& draw) {
  const BuildId id = draw.Build();
  const int kind = draw.Below(7), attempt = 1 + draw.Below(2);
  const bool expires = draw.Chance(30), wrong = draw.Chance(15);
  const int64_t offset = draw.Chance(50) ? 0 : draw.Below(100);
  ports::BuildResult result;
  result.status =
      static_cast<model::BuildStatus>(std::array{0, 2, 3, 4}[static_cast<size_t>(draw.Below(4))]);
  if (result.status != model::BuildStatus::kSucceeded)
    result.outcome = Status(Code::kInternal, "Reason", "words").SetFault(Fault::kPlatform);
  result.image.digest = draw.Commit();
  return [=](World& world) {
    const std::string token = wrong ? "wrong" : world.tokens[id];
    switch (kind) {
      case 0:
      case 1: {
        const auto claimed = world.s.builds.Claim(id, IdOf<HostId>(1), expires ? 0s : 1h);
        if (claimed.ok()) world.tokens[id] = claimed->lease.token;
        return Show(claimed);
      }
      case 2:
        return Show(world.s.builds.Renew(id, token, 1h));
      case 3:
        return Show(world.s.builds.Settle(id, token, result));
      case 4:
        return Show(world.s.builds.Expire(id, attempt, result));
      case 5:
        return Show(world.s.builds.Cancel(id));
      default: {
        const auto end = world.s.logs.Append(id, token, offset, result.image.digest);
        return Show(end) + (end.ok() ? " " + std::to_string(*end) : "");
      }
    }
  };
}

std::string ShowKeys(const Result<std::vector<model::Versioned>>& keys) {
  std::string text = Show(keys.status());
  if (keys.ok())
    for (const auto& [key, version, backend] : *keys)
      text += " " + key + (version == 0 ? " free" : " held");
  return text;
}

// Hosts that come, hold and go.
Operation Hold(Draw& draw) {
  const HostId host = IdOf<HostId>(1 + draw.Below(2));
  const AppId app = draw.App();
  const RepositoryId repository = draw.Repository();
  const int kind = draw.Below(7);
  const Duration lease = draw.Chance(70) ? Duration(1h) : Duration(0);
  const std::vector<std::string> backends{draw.Chance(80) ? "" : "other"};
  model::Host row;
  row.id = host;
  row.name = "host";
  row.build_slots = draw.Below(2);
  for (int n = draw.Below(3); n > 0; --n) row.plugins.emplace_back().instance = std::to_string(n);
  return [=](World& world) -> std::string {
    switch (kind) {
      case 0:
      case 1: {
        const auto alive = world.s.hosts.Beat(row, lease);
        return Show(alive) + (alive.ok() ? " " + std::to_string(alive->size()) : "");
      }
      case 2:
        return Show(world.s.hosts.Leave(host));
      case 3:
        return Show(world.s.deploys.Take(app, host, backends));
      case 4:
        return Show(world.s.repositories.Take(repository, host));
      case 5:
        return ShowKeys(world.s.apps.Index(host, backends));
      default:
        return ShowKeys(world.s.repositories.Index(host));
    }
  };
}

// Pins, and what the cleaner and other writers do in a host's name.
Operation Keep(Draw& draw) {
  const HostId holder = draw.Chance(50) ? HostId() : IdOf<HostId>(1 + draw.Below(2));
  const AppId app = draw.App();
  const std::vector<BuildId> builds = draw.Builds();
  const int kind = draw.Below(8), pick = draw.Below(3);
  return [=](World& world) -> std::string {
    switch (kind) {
      case 0: {
        const auto releases = world.s.deploys.Releases(app, 2);
        const bool any = releases.ok() && !releases->empty();
        return Show(world.s.apps.SetPin(app, any && pick > 0 ? releases->front().id
                                             : pick == 0     ? ReleaseId()
                                                             : IdOf<ReleaseId>(9)));
      }
      case 1:
        return Show(world.s.retention.CondemnImages(app, builds, holder));
      case 2:
        return Show(world.s.retention.ImagesGone(app, builds, holder));
      case 3:
        return Show(world.s.retention.DropLogs(app, builds, holder));
      case 4: {
        const auto history = world.s.retention.History(app, IdOf<HostId>(1), {""});
        std::string text = Show(history);
        if (!history.ok()) return text;
        for (const auto& release : history->releases) text += " " + release.id.str();
        for (const auto& build : history->builds) text += " " + build.id.str();
        return text + " logs " + std::to_string(history->logged.size());
      }
      case 5:
        return Show(world.s.events.SetConditions(model::Subject::kApplication, app.str(),
                                                 {{"Held", true, "r", "", kNever, kNever, kNever}},
                                                 holder));
      case 6: {
        const auto releases = world.s.deploys.Releases(app, 1 + pick);
        if (!releases.ok() || releases->empty()) return Show(releases);
        return Show(world.s.retention.DropReleases(app, {releases->back().id}, holder));
      }
      default:
        return Show(world.s.deploys.RaiseEpoch(pick)) + " " +
               std::to_string(world.s.deploys.Epoch().value());
    }
  };
}

Operation AnyOperation(Draw& draw) {
  const int kind = draw.Below(115);
  if (kind >= 108) return Keep(draw);
  if (kind >= 100) return Hold(draw);
  if (kind < 8) return PutRepository(draw);
  if (kind < 25) return PutApp(draw);
  if (kind < 45) return ChangeApp(draw);
  if (kind < 52) return Remove(draw);
  if (kind < 62) return Deploy(draw);
  if (kind < 76) return Register(draw);
  return Work(draw);
}

// -- everything that can be read --

void Tell(std::ostream& out, const World& world, const model::Repository& repository) {
  out << "repository " << repository.id.str() << " " << repository.name << " " << repository.url
      << " " << repository.credentials.password.Reveal() << " by";
  for (const UserId& owner : repository.owners) out << " " << world.names.at(owner.str());
  out << "\n";
}

void Tell(std::ostream& out, const model::Build& build) {
  out << "build " << build.id.str() << " of " << build.app.str() << " " << build.commit[0] << " "
      << build.build_key << " status " << static_cast<int>(build.status) << " attempt "
      << build.attempt << " host " << build.lease.host.str()
      << (build.lease.token.empty() ? "" : " held") << (build.cancel_requested ? " cancel" : "")
      << (build.retriable ? " retriable" : "") << " started " << (build.started_at != kNever)
      << " finished " << (build.finished_at != kNever) << " waits " << (build.not_before != kNever)
      << " " << build.image.digest << " " << build.outcome.ToString() << " "
      << static_cast<int>(build.outcome.fault()) << "\n";
}

void Tell(std::ostream& out, const World& world, const model::AppSnapshot& snapshot) {
  const model::Application& app = snapshot.app;
  out << "app " << app.id.str() << " " << app.name << " of " << app.repository.str() << " "
      << app.ref << " " << app.commit << " spa " << app.spa << " desired "
      << static_cast<int>(app.desired) << (app.restart_nonce != 0 ? " restarted" : "")
      << (app.deleted ? " deleted" : "") << " target " << app.target.generation << " "
      << app.target.release.str() << " remain " << snapshot.resources_may_remain;
  for (const auto& site : app.websites) out << " site " << site.fqdn << site.https;
  for (const auto& port : app.ports)
    out << " port " << port.internet_port << static_cast<int>(port.protocol);
  for (const auto& owner : app.owners) out << " by " << world.names.at(owner.str());
  for (const auto& env : app.env)
    out << " env " << env.key << "=" << env.value.Reveal() << env.secret << env.system;
  for (const auto& condition : snapshot.conditions)
    out << " cond " << condition.type << condition.ok << condition.reason;
  if (snapshot.release)
    out << " release " << snapshot.release->id.str() << " " << snapshot.release->generation
        << snapshot.release->commit;
  if (snapshot.observed) {
    out << " observed " << snapshot.observed->fence.epoch << ","
        << snapshot.observed->fence.generation << snapshot.observed->message;
    for (const auto& phase : snapshot.observed->phases)
      out << " " << phase.phase << FormatTime(phase.at);
  }
  out << "\n";
  for (const auto& build : snapshot.builds) Tell(out, build);
}

// With names of owners for their ids, which the stores choose; they stand last.
std::string Named(const World& world, std::string data) {
  const size_t owners = std::min(data.find("\"owners"), data.size());
  for (const auto& [id, name] : world.names) {
    for (size_t at = data.find(id, owners); at != std::string::npos; at = data.find(id, at))
      data.replace(at, id.size(), name);
  }
  return data;
}

void TellEvents(std::ostream& out, const World& world, const std::vector<model::Event>& events) {
  for (const auto& event : events)
    out << "event " << event.app.str() << " " << event.actor << " " << event.kind << " "
        << event.reason << " " << event.message << " " << Named(world, event.data) << "\n";
}

std::string Everything(World& world) {
  std::ostringstream out;
  const auto repositories = world.s.repositories.List().value();
  for (const auto& repository : repositories) {
    Tell(out, world, world.s.repositories.Get(repository.id).value());
    const auto followers = world.s.repositories.Snapshot(repository.id)->followers;
    for (const auto& follower : followers)
      out << " follower " << follower.app.str() << follower.ref << follower.commit << "\n";
  }
  const auto apps = world.s.apps.List().value();
  for (const auto& app : apps) out << "listed " << app.id.str() << "\n";
  for (int n = 1; n <= kApps; ++n) {
    const AppId id = IdOf<AppId>(n);
    if (const auto snapshot = world.s.deploys.Snapshot(id); snapshot.ok())
      Tell(out, world, *snapshot);
    const auto releases = world.s.deploys.Releases(id, 3).value();
    for (const auto& release : releases) out << "release " << release.id.str() << "\n";
    const auto events =
        world.s.events.List(model::Subject::kApplication, id.str(), 0, 1000).value();
    TellEvents(out, world, events);
  }
  const auto queue = world.s.builds.Queue().value();
  for (const auto& build : queue.queued) out << "queued " << build.id.str() << "\n";
  for (const auto& build : queue.building) out << "building " << build.id.str() << "\n";
  for (int n = 1; n <= kRepositories; ++n)
    TellEvents(
        out, world,
        world.s.events.List(model::Subject::kRepository, IdOf<RepositoryId>(n).str(), 0, 1000)
            .value());
  for (int n = 1; n <= kBuilds; ++n) {
    TellEvents(
        out, world,
        world.s.events.List(model::Subject::kBuild, IdOf<BuildId>(n).str(), 0, 1000).value());
    const auto log = world.s.logs.Read(IdOf<BuildId>(n), 10, 100);
    out << "log " << Show(log) << (log.ok() ? log->bytes + (log->finished ? " finished" : "") : "")
        << "\n";
  }
  const auto commits =
      world.s.repositories
          .Commits({std::string(40, 'a'), std::string(40, 'b'), std::string(40, 'c')})
          .value();
  std::map<std::string, std::string> authors;
  for (const auto& commit : commits) authors[commit.hash] = commit.author;
  for (const auto& [hash, author] : authors) out << "commit " << hash << author << "\n";
  return out.str();
}

void AddUsers(World& world) {
  for (const char* name : kUsers) {
    world.users[name] = world.s.users.Ensure(name, false)->id;
    world.names[world.users[name].str()] = name;
  }
}

class RandomOperations : public ::testing::TestWithParam<int> {};

TEST_P(RandomOperations, FakeAndPostgres_AnswerAlike) {
  ports::testing::FakeClock clock;
  ports::testing::FakeStore fake(clock);
  PgOptions options;
  options.connection = testing::Postgres().CleanDatabase();
  PgStore real(options, testing::TestSealer(), SystemRandom());
  World in_memory{fake.store(), {}, {}, {}}, in_postgres{real.store(), {}, {}, {}};
  AddUsers(in_memory);
  AddUsers(in_postgres);
  Draw draw(static_cast<uint64_t>(GetParam()));
  for (int list = 1; list <= kListsOfAChain; ++list) {
    for (int n = 1; n <= kOperationsOfAList; ++n) {
      const Operation operation = AnyOperation(draw);
      clock.Advance(1ms);
      const std::string expected = operation(in_memory);
      ASSERT_EQ(operation(in_postgres), expected) << "list " << list << ", operation " << n;
    }
    if (list % kLookEvery == 0) {
      ASSERT_EQ(Everything(in_postgres), Everything(in_memory)) << "after list " << list;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomOperations, ::testing::Range(1, kChains + 1));

}  // namespace
}  // namespace ns::store
