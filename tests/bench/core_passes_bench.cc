// What the loops cost by themselves, without a database: a pass over applications that need
// nothing, one change among many, and the memory of a managed application. Everything that is asked
// of the world is answered at once.
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <set>

#include "canned_world.h"
#include "figures.h"
#include "scratch_postgres.h"

namespace {
std::atomic<int64_t> live_bytes{0};  // what the allocator has given and not got back
}  // namespace

void* operator new(size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  live_bytes += static_cast<int64_t>(malloc_usable_size(memory));
  return memory;
}
void operator delete(void* memory) noexcept {
  live_bytes -= static_cast<int64_t>(malloc_usable_size(memory));
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept { operator delete(memory); }

namespace ns::bench {
namespace {

using plan::testing::IdOf;
using plan::testing::kCommitA;
using plan::testing::kCommitB;
using reconcile::LoopId;
using reconcile::Wake;

const std::vector<LoopId> kLoops = {LoopId::kRegisterer, LoopId::kReleaser, LoopId::kSynchronizer,
                                    LoopId::kObserver, LoopId::kCleaner};

// Seconds to copy the ids of so many applications: what any list of them costs at least.
double CopyOfIds(const CannedWorld& world) {
  std::vector<double> samples;
  for (int i = 0; i < 20; ++i) {
    const Moment begin = Now();
    std::vector<std::string> ids;
    for (const auto& [id, app] : world.apps) ids.push_back(id);
    samples.push_back(SecondsSince(begin));
  }
  return Quantile(samples, 0.5);
}

void NoOpPass(int count) {
  CannedWorld world(count);
  const double copy = CopyOfIds(world);
  for (const LoopId loop : kLoops) {
    Rig rig(world, {loop});
    rig.Relist();  // finds that nothing is to be done
    world.backend_calls = world.store_calls = 0;
    const double begin = CpuSeconds();
    rig.Relist();
    const double spent = CpuSeconds() - begin;
    std::printf(
        "  %-26s %9.2f ms CPU, %6lld store calls, %6lld backend calls; %.1f x a copy of the ids\n",
        reconcile::LoopName(loop), spent * 1e3, static_cast<long long>(world.store_calls),
        static_cast<long long>(world.backend_calls), spent / copy);
  }
}

// From the hint to the effect that the decision asks for, loads of the application included.
void OneChange(int count, std::optional<double> read) {
  CannedWorld world(count);
  Rig rig(world, kLoops);
  rig.Relist();
  std::vector<double> to_build, to_apply;
  for (int i = 0; i < 400; ++i) {
    const auto id = IdOf<AppId>(i * 7919 % count + 1);
    model::AppSnapshot& app = world.apps.at(id.str());
    const model::AppSnapshot before = app;

    app.app.commit = kCommitB;
    ++app.version;
    Moment begin = Now();
    if (rig.Until<reconcile::RegisterBuild>({LoopId::kRegisterer, id.str()}))
      to_build.push_back(SecondsSince(begin));
    rig.Finish();

    app = before;
    ++app.app.restart_nonce;
    Retarget(app);  // the backend shows the one before
    begin = Now();
    if (rig.Until<reconcile::ApplyApp>(
            {LoopId::kSynchronizer, id.str(), reconcile::Urgency::kInterrupt}))
      to_apply.push_back(SecondsSince(begin));
    rig.Finish();
    app = before;
    world.applied[id.str()] = before.app.target;
  }
  std::printf(
      "  %6d applications: %5.1f us to the build (p99 %5.1f), %5.1f us to the backend (p99 %5.1f)",
      count, Quantile(to_build, 0.5) * 1e6, Quantile(to_build, 0.99) * 1e6,
      Quantile(to_apply, 0.5) * 1e6, Quantile(to_apply, 0.99) * 1e6);
  if (read) std::printf("; %.2f reads of PostgreSQL", Quantile(to_build, 0.5) / *read);
  std::printf("\n");
  if (to_build.size() != 400 || to_apply.size() != 400) {
    std::printf("a change did not lead to its effect\n");
    std::exit(1);
  }
}

void Memory(int count) {
  CannedWorld world(count);
  int64_t begin = live_bytes;
  std::set<std::string> ids;
  for (const auto& [id, app] : world.apps) ids.insert(id);
  const int64_t set = live_bytes - begin;

  begin = live_bytes;
  Rig rig(world, kLoops);
  rig.Relist();
  const int64_t settled = live_bytes - begin;
  std::printf("  %lld bytes an application, %.1f x a std::set of their ids\n",
              static_cast<long long>(settled / count),
              static_cast<double>(settled) / static_cast<double>(set));
}

void Run() {
  constexpr int kMany = 10'000;
  std::printf(
      "Pass over %d applications that need nothing, once settled (aim: under 50 ms, one backend "
      "call for all):\n",
      kMany);
  NoOpPass(kMany);
  const std::optional<double> read = PostgresReadSeconds(kMany);
  std::printf("One change among many, from event to plan (aim: flat, under 1000 us):\n");
  for (const int count : {100, 1000, kMany}) OneChange(count, read);
  std::printf("Memory of the loops for a managed application (aim: under 8192 bytes):\n");
  Memory(kMany);
}

}  // namespace
}  // namespace ns::bench

int main() {
  ns::bench::Run();
  return 0;
}
