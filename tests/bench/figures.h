// Times, shares and lines of what a benchmark prints.
#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

namespace ns::bench {

using Moment = std::chrono::steady_clock::time_point;
inline Moment Now() { return std::chrono::steady_clock::now(); }
inline double SecondsSince(Moment begin) {
  return std::chrono::duration<double>(Now() - begin).count();
}
// Of this process, all threads.
inline double CpuSeconds() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

// The value that `share` (0 to 1) of the samples do not exceed; 0 without samples.
inline double Quantile(std::vector<double> samples, double share) {
  if (samples.empty()) return 0;
  const auto last = static_cast<double>(samples.size() - 1);
  const auto at = samples.begin() + static_cast<std::ptrdiff_t>(last * share + 0.5);
  std::nth_element(samples.begin(), at, samples.end());
  return *at;
}

}  // namespace ns::bench
