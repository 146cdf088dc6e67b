// What the decisions cost, one by one. A pass begins with a read of the application from
// PostgreSQL, so that read is what the figures are held against.
#include <benchmark/benchmark.h>

#include <cstdio>

#include "canned_world.h"
#include "figures.h"
#include "plan/builds.h"
#include "scratch_postgres.h"

namespace ns::bench {
namespace {

using plan::testing::IdOf;
using plan::testing::kKey;

std::optional<double> postgres_read;  // seconds, measured before the benchmarks run

// Time per application as a share of the read that any pass begins with.
void Compare(benchmark::State& state, int64_t applications, Moment begin) {
  const double seconds = SecondsSince(begin);
  state.SetItemsProcessed(applications);
  if (postgres_read)
    state.counters["of_one_pg_read"] = seconds / static_cast<double>(applications) / *postgres_read;
}

void DecideBuild(benchmark::State& state) {
  const model::AppSnapshot snapshot = SettledApp(1);
  const Moment begin = Now();
  for (auto _ : state) benchmark::DoNotOptimize(plan::DecideBuild(snapshot, kKey));
  Compare(state, state.iterations(), begin);
}
BENCHMARK(DecideBuild);

void DecideTarget(benchmark::State& state) {
  const model::AppSnapshot snapshot = SettledApp(1);
  const Moment begin = Now();
  for (auto _ : state) benchmark::DoNotOptimize(plan::DecideTarget(snapshot, kKey));
  Compare(state, state.iterations(), begin);
}
BENCHMARK(DecideTarget);

void AssignBuilds(benchmark::State& state) {
  model::QueueSnapshot queue;
  const int half = static_cast<int>(state.range(0)) / 2;  // slots that all can be given
  queue.builders = {{IdOf<HostId>(1), half, 0}, {IdOf<HostId>(2), half, 1}};
  for (int i = 1; i <= state.range(0); ++i) {
    model::Build build;
    build.id = IdOf<BuildId>(i);
    build.app = IdOf<AppId>(i);
    queue.queued.push_back(build);
  }
  for (auto _ : state) benchmark::DoNotOptimize(plan::AssignBuilds(queue));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(AssignBuilds)->Arg(10)->Arg(1000)->Arg(10000);

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
