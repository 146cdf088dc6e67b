// Runs seeds, tells what each violation was and how to see it again.
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "mutation.h"
#include "shrink.h"
#include "world.h"

namespace ns::sim {
namespace {

struct Arguments {
  uint64_t from = 1, seeds = 100;
  double seconds = 0;  // 0: all seeds
  int jobs = 1;
  bool replay = false, hashes = false, keep_going = false;
};

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// A million seeds for each minute since 2020.
uint64_t FreshSeed() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(now).count();
  return (static_cast<uint64_t>(minutes) - 26'297'280) * 1'000'000;
}

void Tell(uint64_t seed, const Outcome& outcome) {
  const Violation& violation = *outcome.violation;
  std::printf("seed %llu: %s at %.3f s: %s\n", static_cast<unsigned long long>(seed),
              violation.invariant.c_str(), static_cast<double>(violation.at.count()) / 1e9,
              violation.what.c_str());
  std::printf("  replay: ./run sim --seed %llu --replay\n", static_cast<unsigned long long>(seed));
}

void TellShortened(uint64_t seed) {
  const Shortened least = Shorten(seed);
  std::printf("  it needs:\n");
  for (size_t i = 0; i < kFaultNames.size(); ++i) {
    if (least.outcome.faults.Has(i))
      std::printf("    fault %s\n", std::string(kFaultNames[i]).c_str());
  }
  for (size_t i = 0; i < least.outcome.steps.size(); ++i) {
    if (least.options.skipped.contains(i)) continue;
    std::printf("    %8.3f s %s\n", static_cast<double>(least.outcome.steps[i].at.count()) / 1e9,
                Describe(least.outcome.steps[i]).c_str());
  }
  std::printf("  replay of that: ./run sim --seed %llu --replay %s\n",
              static_cast<unsigned long long>(seed), Flags(least.options).c_str());
  std::fflush(stdout);
}

// Every `stride`th seed. The number that failed.
int RunSeeds(const Arguments& arguments, uint64_t first, uint64_t stride, double until) {
  int failed = 0;
  uint64_t count = 0, events = 0;
  Duration slowest{};
  for (uint64_t seed = first; seed < arguments.from + arguments.seeds; seed += stride) {
    if (until > 0 && Now() >= until) break;
    if (failed >= 20 && !arguments.keep_going) break;
    Options options;
    options.seed = seed;
    const Outcome outcome = Run(options);
    ++count;
    events += outcome.events;
    slowest = std::max(slowest, outcome.converged_after);
    if (arguments.hashes)
      std::printf("%llu %016llx\n", static_cast<unsigned long long>(seed),
                  static_cast<unsigned long long>(outcome.hash));
    if (!outcome.violation) continue;
    ++failed;
    Tell(seed, outcome);
    if (failed <= 3) TellShortened(seed);
  }
  std::printf("%llu seeds, %llu events, %d violations, slowest convergence %.1f s\n",
              static_cast<unsigned long long>(count), static_cast<unsigned long long>(events),
              failed, static_cast<double>(slowest.count()) / 1e9);
  std::fflush(stdout);
  return failed;
}

int RunAll(const Arguments& arguments) {
  const double begin = Now();
  const double until = arguments.seconds > 0 ? begin + arguments.seconds : 0;
  int failed = 0;
  for (int job = 1; job < arguments.jobs; ++job) {
    if (::fork() == 0)
      std::_Exit(RunSeeds(arguments, arguments.from + static_cast<uint64_t>(job),
                          static_cast<uint64_t>(arguments.jobs), until) > 0);
  }
  failed += RunSeeds(arguments, arguments.from, static_cast<uint64_t>(arguments.jobs), until);
  for (int job = 1; job < arguments.jobs; ++job) {
    int status = 0;
    ::wait(&status);
    failed += status != 0 ? 1 : 0;
  }
  std::printf("%.1f s, %s\n", Now() - begin, failed == 0 ? "no violation" : "VIOLATIONS");
  return failed == 0 ? 0 : 1;
}

int Replay(Options options) {
  options.print = true;
  const Outcome outcome = Run(options);
  std::printf("hash %016llx\n", static_cast<unsigned long long>(outcome.hash));
  if (!outcome.violation) return 0;
  Tell(options.seed, outcome);
  return 1;
}

std::optional<uint64_t> NumberOf(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int Usage() {
  std::fprintf(
      stderr,
      "usage: simulation [--seeds N] [--from S | --fresh] [--seconds T] [--jobs J] [--hashes] "
      "[--keep-going]\n"
      "       simulation --seed S [--replay] [--without FAULT]... [--skip STEP]... [--mutant "
      "NAME]\n"
      "       simulation --mutants [--mutant NAME | --sample N [--pick K]] [--seeds N] [--jobs J] "
      "[--json FILE]\n");
  return 2;
}

int Main(int argc, char** argv) {
  Arguments arguments;
  Options options;
  bool one = false;
  bool mutants = false;
  bool understood = true;
  MutantChoice choice;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto number = [&]() -> uint64_t {
      const std::optional<uint64_t> value = i + 1 < argc ? NumberOf(argv[++i]) : std::nullopt;
      understood &= value.has_value();
      return value.value_or(0);
    };
    if (flag == "--seeds") {
      arguments.seeds = number();
    } else if (flag == "--from") {
      arguments.from = number();
    } else if (flag == "--seconds") {
      arguments.seconds = static_cast<double>(number());
      arguments.seeds = 1'000'000'000;
    } else if (flag == "--jobs") {
      arguments.jobs = static_cast<int>(number());
    } else if (flag == "--hashes") {
      arguments.hashes = true;
    } else if (flag == "--fresh") {
      arguments.from = FreshSeed();
    } else if (flag == "--keep-going") {
      arguments.keep_going = true;
    } else if (flag == "--seed") {
      options.seed = number();
      one = true;
    } else if (flag == "--mutants") {
      mutants = true;
    } else if (flag == "--mutant" && i + 1 < argc) {  // with --mutants that one alone
      choice.only = argv[++i];
    } else if (flag == "--sample") {
      choice.sample = static_cast<size_t>(number());
    } else if (flag == "--pick") {
      choice.pick = number();
    } else if (flag == "--json" && i + 1 < argc) {
      choice.json = argv[++i];
    } else if (flag == "--replay") {
      arguments.replay = true;
    } else if (flag == "--skip") {
      options.skipped.insert(number());
    } else if (flag == "--without" && i + 1 < argc) {
      if (!options.allowed.Drop(argv[++i])) return Usage();
    } else {
      return Usage();
    }
  }
  if (!understood || arguments.seeds == 0 || arguments.jobs < 1) return Usage();
  if (mutants) return RunMutants(choice, {arguments.from, arguments.seeds, arguments.jobs});
  if (!choice.only.empty() && !Choose(choice.only)) return Usage();
  if (one && arguments.replay) return Replay(options);
  if (one) arguments.from = options.seed, arguments.seeds = 1;
  return RunAll(arguments);
}

}  // namespace
}  // namespace ns::sim

int main(int argc, char** argv) { return ns::sim::Main(argc, argv); }
