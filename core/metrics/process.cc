#include "metrics/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace ns::metrics {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

void AddProcess(Page& page) {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    page.Counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
                 Seconds(usage.ru_utime) + Seconds(usage.ru_stime));
  }
  std::ifstream statm("/proc/self/statm");
  if (double virtual_pages = 0, resident = 0; statm >> virtual_pages >> resident) {
    const auto bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
    page.Gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.",
               virtual_pages * bytes);
    page.Gauge("process_resident_memory_bytes", "Resident memory size in bytes.", resident * bytes);
  }
  std::error_code error;
  const std::filesystem::directory_iterator open("/proc/self/fd", error);
  if (!error) {
    page.Gauge("process_open_fds", "Number of open file descriptors.",
               static_cast<double>(std::distance(begin(open), end(open))));
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    page.Gauge("process_max_fds", "Maximum number of open file descriptors.",
               static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace ns::metrics
