// What the decisions cost: one by one, and in a relist of many applications that are all as they
// should be. A relist reads each application from PostgreSQL, so that read is what the figures are
// held against.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdio>
#include <deque>

#include "plan/builds.h"
#include "plan/conditions.h"
#include "plan/deploy.h"
#include "plan/test_snapshots.h"
#include "reconcile/engine.h"
#include "reconcile/loops.h"
#include "scratch_postgres.h"

namespace ns::bench {
namespace {

using plan::testing::BuildOf;
using plan::testing::FreshApp;
using plan::testing::IdOf;
using plan::testing::kCommitA;
using plan::testing::kKey;

std::optional<double> postgres_read;  // seconds, measured before the benchmarks run

// A deployed application with ten variables and twenty builds, that needs nothing.
model::AppSnapshot Settled() {
  model::AppSnapshot snapshot = FreshApp();
  for (int i = 0; i < 10; ++i) {
    model::EnvVar variable;
    variable.key = "VARIABLE_" + std::to_string(i);
    variable.value = Secret("a value of middling length, number " + std::to_string(i));
    snapshot.app.env.push_back(variable);
  }
  for (int i = 0; i < 20; ++i)
    snapshot.builds.push_back(BuildOf(snapshot, i + 1, kCommitA, model::BuildStatus::kSucceeded));
  snapshot.conditions = plan::BuildConditions(snapshot);
  auto retarget = plan::DecideTarget(snapshot, kKey);
  snapshot.app.target = retarget->next;
  snapshot.app.target.generation = 1;
  snapshot.release = retarget->release;
  snapshot.release->id = snapshot.app.target.release = IdOf<ReleaseId>(1);
  return snapshot;
}

using Moment = std::chrono::steady_clock::time_point;

// Time per application as a share of the read that any pass begins with.
void Compare(benchmark::State& state, int64_t applications, Moment begin) {
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  state.SetItemsProcessed(applications);
  if (postgres_read)
    state.counters["of_one_pg_read"] = seconds / static_cast<double>(applications) / *postgres_read;
}

void DecideBuild(benchmark::State& state) {
  const model::AppSnapshot snapshot = Settled();
  const Moment begin = std::chrono::steady_clock::now();
  for (auto _ : state) benchmark::DoNotOptimize(plan::DecideBuild(snapshot, kKey));
  Compare(state, state.iterations(), begin);
}
BENCHMARK(DecideBuild);

void DecideTarget(benchmark::State& state) {
  const model::AppSnapshot snapshot = Settled();
  const Moment begin = std::chrono::steady_clock::now();
  for (auto _ : state) benchmark::DoNotOptimize(plan::DecideTarget(snapshot, kKey));
  Compare(state, state.iterations(), begin);
}
BENCHMARK(DecideTarget);

void AssignBuilds(benchmark::State& state) {
  model::QueueSnapshot queue;
  queue.builders = {{IdOf<HostId>(1), 2, 0}, {IdOf<HostId>(2), 4, 1}};
  for (int i = 1; i <= state.range(0); ++i) {
    model::Build build;
    build.id = IdOf<BuildId>(i);
    build.app = IdOf<AppId>(i);
    queue.queued.push_back(build);
  }
  for (auto _ : state) benchmark::DoNotOptimize(plan::AssignBuilds(queue));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(AssignBuilds)->Arg(10)->Arg(1000);

// The two loops that decide from a snapshot alone, relisted once over `count` applications.
class Relist {
 public:
  explicit Relist(int count) : snapshot_(Settled()), engine_(random_) {
    engine_.Add(reconcile::NewRegisterer(kKey), {});
    engine_.Add(reconcile::NewReleaser(kKey), {});
    for (int i = 0; i < count; ++i) keys_.push_back(IdOf<AppId>(i + 1).str());
  }

  // Answers every effect at once; gives the number of passes.
  int64_t Run() {
    const Duration start = now_ += std::chrono::minutes(4);
    int64_t passes = 0;
    Put(engine_.Tick(now_));
    while (now_ < start + std::chrono::minutes(1)) {
      while (!commands_.empty()) {
        const reconcile::Request request =
            std::get<reconcile::Request>(std::move(commands_.front()));
        commands_.pop_front();
        const bool list = std::holds_alternative<reconcile::ListKeys>(request.effect);
        passes += list ? 0 : 1;
        Put(engine_.Done(request.ticket,
                         list ? reconcile::Answer(keys_) : reconcile::Answer(snapshot_), now_));
      }
      if (engine_.waiting() == 0) break;
      now_ = engine_.NextDue();
      Put(engine_.Tick(now_));
    }
    return passes;
  }

 private:
  void Put(reconcile::Commands commands) {
    std::move(commands.begin(), commands.end(), std::back_inserter(commands_));
  }

  SeededRandom random_{1};
  const model::AppSnapshot snapshot_;
  reconcile::Engine engine_;
  reconcile::Keys keys_;
  std::deque<reconcile::Command> commands_;
  Duration now_ = Duration::zero();
};

void RelistOfSettledApplications(benchmark::State& state) {
  Relist relist(static_cast<int>(state.range(0)));
  int64_t passes = 0;
  const Moment begin = std::chrono::steady_clock::now();
  for (auto _ : state) passes += relist.Run();
  if (passes != 2 * state.range(0) * state.iterations())
    state.SkipWithError("a relist did not look at each application once per loop");
  Compare(state, passes, begin);
}
BENCHMARK(RelistOfSettledApplications)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ns::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  ns::bench::postgres_read = ns::bench::PostgresReadSeconds(10000);
  if (ns::bench::postgres_read) {
    std::printf(
        "One application read from PostgreSQL 15 over a Unix socket: %.1f us (median). "
        "of_one_pg_read: time per application over that.\n",
        *ns::bench::postgres_read * 1e6);
  } else {
    std::printf("PostgreSQL 15 could not be started here, so the figures stand alone.\n");
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
