#include "base/failpoint.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>

#include <unistd.h>

namespace ns {
namespace {

std::atomic<bool> any{false};

std::map<std::string, std::string, std::less<>>& Actions() {
  static std::map<std::string, std::string, std::less<>> actions;
  return actions;
}

}  // namespace

void ConfigureFailpoints(const std::string& spec) {
  size_t at = 0;
  while (at < spec.size()) {
    const size_t end = std::min(spec.find(';', at), spec.size());
    const std::string item = spec.substr(at, end - at);
    const size_t equals = item.find('=');
    const std::string action = equals == std::string::npos ? "" : item.substr(equals + 1);
    if (action != "crash" && action != "error") {
      std::fprintf(stderr, "failpoint \"%s\": want NAME=crash or NAME=error\n", item.c_str());
      std::exit(2);
    }
    Actions()[item.substr(0, equals)] = action;
    at = end + 1;
  }
  any = !Actions().empty();
}

bool Failpoint(std::string_view name) {
  if (!any.load(std::memory_order_relaxed)) return false;
  const auto found = Actions().find(name);
  if (found == Actions().end()) return false;
  if (found->second == "crash") ::kill(::getpid(), SIGKILL);
  return true;
}

}  // namespace ns
