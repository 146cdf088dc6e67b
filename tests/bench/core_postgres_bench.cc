// What the loops cost on a real PostgreSQL: statements at rest and for a change, a start from cold,
// claims of builds, and the time from a commit to its claim.
#include <cstdio>
#include <set>
#include <stdexcept>

#include "figures.h"
#include "plan/test_snapshots.h"
#include "platform.h"

namespace ns::bench {
namespace {

using plan::testing::IdOf;
using plan::testing::kCommitA;
using reconcile::LoopId;
using reconcile::Outcome;
using namespace std::chrono_literals;

// Caught in main, so that the database ends with the benchmark.
[[noreturn]] void Die(const std::string& why) { throw std::runtime_error(why); }
void Require(const Status& status) {
  if (!status.ok()) Die(status.ToString());
}

// Until `condition` holds.
template <class Condition>
void Await(const char* what, Condition condition) {
  const Moment begin = Now();
  while (!condition()) {
    if (SecondsSince(begin) > 900) Die(std::string("never: ") + what);
    std::this_thread::sleep_for(200us);
  }
}

// Seconds of one committed UPDATE of one row, by one session.
double OneWrite(ScratchPostgres& postgres) {
  postgres.Do("CREATE TABLE IF NOT EXISTS bench_row (id int PRIMARY KEY, n bigint)");
  postgres.Do("INSERT INTO bench_row VALUES (1, 0) ON CONFLICT DO NOTHING");
  std::vector<double> samples;
  for (int i = 0; i < 300; ++i) {
    const Moment begin = Now();
    postgres.Do("UPDATE bench_row SET n = n + 1 WHERE id = 1");
    samples.push_back(SecondsSince(begin));
  }
  return Quantile(samples, 0.5);
}

// Applications that were built and never deployed, and a controller that has just started.
void ColdStart(Platform& platform, int applications) {
  std::mutex mutex;
  std::set<AppId> deployed;
  std::vector<double> times;
  const Moment begin = Now();
  platform.Watch([&](const reconcile::Effect& effect, const Outcome& outcome) {
    const auto* apply = std::get_if<reconcile::ApplyApp>(&effect);
    if (apply == nullptr || !outcome.ok()) return;
    std::lock_guard lock(mutex);
    if (apply->desired.state == model::DesiredState::kRunning &&
        deployed.insert(apply->desired.id).second)
      times.push_back(SecondsSince(begin));
  });
  const double cpu = CpuSeconds();
  platform.Start();
  Await("all are deployed", [&] {
    std::lock_guard lock(mutex);
    return deployed.size() == static_cast<size_t>(applications);
  });
  const double bound = applications * 0.02 / 8;
  std::printf(
      "  %d applications: 99 %% after %.1f s, all after %.1f s (%.1f x what 8 deploys of 20 ms at "
      "once take at least), %.1f s CPU, at most %d deploys at once\n",
      applications, Quantile(times, 0.99), Quantile(times, 1), Quantile(times, 1) / bound,
      CpuSeconds() - cpu, platform.backend.most_at_once.load());
  platform.Quiet();
  platform.Watch(nullptr);
}

// A relist of each loop when nothing has changed, and what that makes of a minute: statements.
double AtRest(ScratchPostgres& postgres, Platform& platform, int applications) {
  struct Line {
    LoopId loop;
    double periods_a_minute;
  };
  for (const LoopId loop :
       {LoopId::kRegisterer, LoopId::kReleaser, LoopId::kSynchronizer, LoopId::kObserver,
        LoopId::kFetcher, LoopId::kCleaner})  // each sees the version that is there now
    platform.Wake({loop, reconcile::kEveryKey});
  platform.Quiet();
  double decisive = 0, all = 0;
  std::printf("  %d applications, statements of a relist:", applications);
  for (const Line line : {Line{LoopId::kFetcher, 1. / 3}, Line{LoopId::kRegisterer, 1. / 3},
                          Line{LoopId::kReleaser, 1. / 3}, Line{LoopId::kSynchronizer, 1. / 3},
                          Line{LoopId::kObserver, 1. / 3}, Line{LoopId::kCleaner, 1. / 60}}) {
    postgres.Statements();
    const int64_t before = platform.backend.calls;
    platform.Wake({line.loop, reconcile::kEveryKey});
    platform.Quiet();
    const int64_t statements = postgres.Statements();
    const double a_minute = static_cast<double>(statements) * line.periods_a_minute;
    all += a_minute;
    const bool decides = line.loop == LoopId::kRegisterer || line.loop == LoopId::kReleaser ||
                         line.loop == LoopId::kSynchronizer;
    if (decides) decisive += a_minute;
    std::printf(" %s %lld", reconcile::LoopName(line.loop), static_cast<long long>(statements));
    if (platform.backend.calls != before)
      std::printf(" (%lld backend calls)", static_cast<long long>(platform.backend.calls - before));
  }
  std::printf("\n    an idle minute: %.1f of the loops that decide, %.1f of all\n", decisive, all);
  return all;
}

// Statements until all is quiet again.
void OneChange(ScratchPostgres& postgres, Platform& platform) {
  postgres.Statements();
  Require(platform.store().apps.SetEnv(
      Platform::App(1), {"COLOUR", Secret("another"), model::EnvScope::kRun, false, false}));
  platform.Quiet();
  std::printf("    a changed variable until it is deployed: %lld statements\n",
              static_cast<long long>(postgres.Statements()));

  std::atomic<bool> claimed = false;
  model::Build build;
  platform.Watch([&](const reconcile::Effect& effect, const Outcome& outcome) {
    if (!std::holds_alternative<reconcile::ClaimBuilds>(effect) || !outcome.ok()) return;
    const auto& builds = std::get<reconcile::Builds>(*outcome);
    if (builds.empty()) return;
    build = builds.front();
    claimed = true;
  });
  platform.remotes.Push(Platform::Repository(2), std::string(40, 'e'));
  Require(
      platform.store().hints.Send({ports::Hint::Kind::kRepository, Platform::Repository(2).str()}));
  Await("the build is claimed", [&] { return claimed.load(); });
  platform.Quiet();
  const int64_t to_claim = postgres.Statements();
  model::BuildResult result;
  result.status = model::BuildStatus::kSucceeded;
  result.image = {"r:5000/2:b", "sha256:" + std::string(64, 'e'), 1};
  Require(platform.store().builds.Settle(build.id, build.lease.token, result));
  platform.Quiet();
  std::printf(
      "    a push until its build is claimed: %lld; from its end until it is deployed: %lld\n",
      static_cast<long long>(to_claim), static_cast<long long>(postgres.Statements()));
  platform.Watch(nullptr);
}

// From the moment that a commit stands in the database to the claim of its build, ten pushes a
// second.
void CommitToClaim(Platform& platform, int pushes, double write) {
  std::mutex mutex;
  std::map<AppId, Moment> noticed, claimed;
  platform.Watch([&](const reconcile::Effect& effect, const Outcome& outcome) {
    if (!outcome.ok()) return;
    std::lock_guard lock(mutex);
    if (const auto* commits = std::get_if<reconcile::StoreCommits>(&effect)) {
      for (const model::Follower& moved : commits->moved) noticed[moved.app] = Now();
    } else if (std::holds_alternative<reconcile::ClaimBuilds>(effect)) {
      for (const model::Build& build : std::get<reconcile::Builds>(*outcome))
        claimed.emplace(build.app, Now());  // the first claim: nobody renews it
    }
  });
  for (int n = 1; n <= pushes; ++n) {
    platform.remotes.Push(Platform::Repository(100 + n), std::string(40, 'f'));
    Require(platform.store().hints.Send(
        {ports::Hint::Kind::kRepository, Platform::Repository(100 + n).str()}));
    std::this_thread::sleep_for(100ms);
  }
  Await("all are claimed", [&] {
    std::lock_guard lock(mutex);
    return claimed.size() >= static_cast<size_t>(pushes);
  });
  platform.Watch(nullptr);
  std::vector<double> delays;
  for (const auto& [app, when] : claimed)
    delays.push_back(std::chrono::duration<double>(when - noticed.at(app)).count());
  std::printf("  %d pushes: median %.1f ms, p99 %.1f ms (%.0f writes of one row)\n", pushes,
              Quantile(delays, 0.5) * 1e3, Quantile(delays, 0.99) * 1e3,
              Quantile(delays, 0.99) / write);
}

// Several sessions go through the same queue at once, each wanting all of it.
void Claims(ScratchPostgres& postgres, Platform& platform, int threads, size_t batch,
            double write) {
  constexpr int kBuilds = 4000;
  postgres.Do("DELETE FROM builds");
  postgres.Do(
      "INSERT INTO builds (id, application_id, commit_hash, build_key) SELECT lpad(n::text, 22, "
      "'0'), '" +
      Platform::App(1).str() + "', 'c', 'key' || n FROM generate_series(1, " +
      std::to_string(kBuilds) + ") n");
  std::atomic<int> claimed{0};
  const Moment begin = Now();
  {
    std::vector<std::jthread> workers;
    for (int worker = 0; worker < threads; ++worker) {
      workers.emplace_back([&, worker] {
        for (int first = 1; first <= kBuilds; first += static_cast<int>(batch)) {
          std::vector<model::BuildClaim> claims;
          for (int n = first; n < first + static_cast<int>(batch) && n <= kBuilds; ++n)
            claims.push_back({IdOf<BuildId>(n), IdOf<HostId>(1 + worker)});
          const auto got = platform.store().builds.ClaimAll(claims, 15s);
          Require(got.status());
          claimed += static_cast<int>(got->size());
        }
      });
    }
  }
  const double seconds = SecondsSince(begin);
  if (claimed != kBuilds ||
      postgres.Do("SELECT count(*) FROM builds WHERE status = 1 AND attempt = 1") !=
          std::to_string(kBuilds))
    Die("a build was not claimed exactly once");
  std::printf(
      "  %d sessions that contend, %3zu a statement: %7.0f a second (%.1f for each write of one "
      "row)\n",
      threads, batch, kBuilds / seconds, kBuilds / seconds * write);
}

void IndexOfMany(Platform& platform, int applications) {
  std::vector<double> wall, cpu;
  for (int i = 0; i < 20; ++i) {
    const double spent = CpuSeconds();
    const Moment begin = Now();
    Require(platform.store().apps.Index(platform.host, {"fake"}).status());
    wall.push_back(SecondsSince(begin));
    cpu.push_back(CpuSeconds() - spent);
  }
  std::printf("  the list of %d applications: %.1f ms, of these %.1f ms CPU of the controller\n",
              applications, Quantile(wall, 0.5) * 1e3, Quantile(cpu, 0.5) * 1e3);
}

int Run() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const auto postgres = ScratchPostgres::Start();
  if (!postgres) {
    std::printf("PostgreSQL 15 could not be started here: nothing is measured.\n");
    return 1;
  }
  const double write = OneWrite(*postgres);
  std::printf(
      "PostgreSQL 15 on disk, fsync on: one committed write of one row takes %.2f ms (median).\n",
      write * 1e3);
  double of_hundred = 0;
  for (const int applications : {100, 1000, 10'000}) {
    Platform platform(*postgres, applications, true, 20ms);
    std::printf("Start from cold, deploys of 20 ms:\n");
    ColdStart(platform, applications);
    std::printf("Statements (aim: an idle minute does not grow with applications):\n");
    const double idle = AtRest(*postgres, platform, applications);
    if (of_hundred == 0) of_hundred = idle;
    std::printf("    %.2f of an idle minute with 100 applications\n", idle / of_hundred);
    OneChange(*postgres, platform);
    if (applications != 1000) continue;
    std::printf("From a commit noticed to its build claimed (aim: p99 under 300 ms):\n");
    CommitToClaim(platform, 200, write);
    std::printf("A relist reads:\n");
    IndexOfMany(platform, applications);
  }
  std::printf("Claims of builds, each exactly once (aim: 3000 a second):\n");
  Platform platform(*postgres, 1, false, 20ms);  // its loops do not run
  for (const int threads : {1, 4}) {
    for (const size_t batch : {1, 16, 64}) Claims(*postgres, platform, threads, batch, write);
  }
  return 0;
}

}  // namespace
}  // namespace ns::bench

int main() {
  try {
    return ns::bench::Run();
  } catch (const std::exception& failure) {
    std::fflush(stdout);
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
}
