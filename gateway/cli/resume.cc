#include "resume.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <thread>

#include "failure.h"

namespace ns::cli {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kPatience = 30s;  // with an API that is away, as while it restarts
constexpr auto kFirstPause = 200ms;
constexpr auto kLastPause = 2s;

// Whether the same question later may have an answer.
bool IsPassing(const Failure& failure) {
  const auto* refused = dynamic_cast<const Refused*>(&failure);
  if (!refused) return failure.exit() == Exit::kUnreachable;
  static const std::set<std::string> kPassing = {"unavailable", "aborted", "deadline_exceeded",
                                                 "resource_exhausted"};
  return kPassing.contains(refused->code());
}

}  // namespace

void UntilItEnds(Context& context,
                 const std::function<void(const std::function<void()>& alive)>& connect) {
  auto heard = Clock::now();
  bool told = false;
  auto pause = Clock::duration(kFirstPause);
  const auto alive = [&] { heard = Clock::now(), pause = kFirstPause, told = false; };
  for (;; std::this_thread::sleep_for(pause),
          pause = std::min<Clock::duration>(2 * pause, kLastPause)) {
    const auto begun = Clock::now();
    try {
      return connect(alive);
    } catch (const Failure& failure) {
      if (Clock::now() - begun > kPatience) alive();  // it was connected, and nothing came
      if (!IsPassing(failure) || Clock::now() - heard > kPatience) throw;
      if (!told) context.Progress("the stream broke off; going on from there");
      told = true;
    }
  }
}

}  // namespace ns::cli
