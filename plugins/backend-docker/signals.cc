#include "signals.h"

#include <signal.h>

#include <charconv>
#include <fstream>
#include <map>

namespace ns::backend_docker {

int SignalNumber(const std::string& name) {
  static const std::map<std::string, int> kNames = {
      {"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT},   {"TERM", SIGTERM},
      {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"WINCH", SIGWINCH}, {"KILL", SIGKILL}};
  int number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size())
    return number > 0 && number < 65 ? number : 0;
  const auto found = kNames.find(name.starts_with("SIG") ? name.substr(3) : name);
  return found == kNames.end() ? 0 : found->second;
}

bool Catches(std::string_view status, int signal) {
  constexpr std::string_view kField = "\nSigCgt:\t";
  const size_t at = status.find(kField);
  uint64_t caught = 0;
  if (at == std::string_view::npos || signal < 1 || signal > 64) return true;
  const char* begin = status.data() + at + kField.size();
  if (std::from_chars(begin, status.data() + status.size(), caught, 16).ec != std::errc())
    return true;
  return (caught >> (signal - 1) & 1) != 0;
}

bool ProcessCatches(int64_t pid, const std::string& signal) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  const std::string status(std::istreambuf_iterator<char>(file), {});
  return Catches(status, SignalNumber(signal));
}

}  // namespace ns::backend_docker
