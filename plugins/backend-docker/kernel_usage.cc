#include "kernel_usage.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

namespace ns::backend_docker {
namespace {

constexpr int64_t kUnknown = -1;

std::string TextOf(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

int64_t NumberOf(const std::string& text) {
  int64_t number = kUnknown;
  std::istringstream(text) >> number;
  return number;
}

// Of lines "name number".
int64_t NumberOf(const std::string& text, const std::string& name) {
  std::istringstream words(text);
  std::string key;
  for (int64_t number = 0; words >> key >> number;) {
    if (key == name) return number;
  }
  return kUnknown;
}

// The folders of a process's groups. Of version 2, `unified` alone; of version 1, one for each
// controller.
struct Groups {
  std::string unified, cpu, memory;
};

// "4:cpu,cpuacct:/docker/<id>", "0::/docker/<id>". Those of another container are left out.
Groups GroupsOf(const std::string& text, const std::string& id, const std::string& root) {
  Groups groups;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (path.find(id) == std::string::npos || path.find("..") != std::string::npos) continue;
    if (controllers.empty()) groups.unified = root + path;
    if (("," + controllers + ",").find(",cpuacct,") != std::string::npos)
      groups.cpu = root + "/" + controllers + path;
    if (controllers == "memory") groups.memory = root + "/memory" + path;
  }
  return groups;
}

int64_t Without(int64_t all, int64_t droppable) {
  return all < 0 ? kUnknown : std::max<int64_t>(0, all - std::max<int64_t>(0, droppable));
}

}  // namespace

// "  eth0: 100 2 0 0 0 0 0 0 50 1 ...": bytes received are first, bytes sent ninth.
void CountNetwork(std::string_view table, docker::Usage& usage) {
  std::istringstream lines{std::string(table)};
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::string name;
    std::istringstream(line.substr(0, colon)) >> name;
    std::vector<int64_t> numbers;
    std::istringstream rest(line.substr(colon + 1));
    for (int64_t number = 0; rest >> number;) numbers.push_back(number);
    if (name == "lo" || numbers.size() < 9) continue;
    usage.received_bytes = std::max<int64_t>(0, usage.received_bytes) + numbers[0];
    usage.sent_bytes = std::max<int64_t>(0, usage.sent_bytes) + numbers[8];
  }
}

std::optional<docker::Usage> UsageOf(const std::string& id, int64_t pid,
                                     const KernelFolders& folders) {
  if (pid <= 0 || id.empty()) return std::nullopt;
  const std::string process = folders.proc + "/" + std::to_string(pid);
  const Groups groups = GroupsOf(TextOf(process + "/cgroup"), id, folders.cgroups);
  docker::Usage usage;
  if (!groups.cpu.empty()) {
    usage.cpu_ns = NumberOf(TextOf(groups.cpu + "/cpuacct.usage"));
    usage.memory_bytes =
        Without(NumberOf(TextOf(groups.memory + "/memory.usage_in_bytes")),
                NumberOf(TextOf(groups.memory + "/memory.stat"), "total_inactive_file"));
  } else if (!groups.unified.empty()) {
    const int64_t micros = NumberOf(TextOf(groups.unified + "/cpu.stat"), "usage_usec");
    usage.cpu_ns = micros < 0 ? kUnknown : micros * 1000;
    usage.memory_bytes =
        Without(NumberOf(TextOf(groups.unified + "/memory.current")),
                NumberOf(TextOf(groups.unified + "/memory.stat"), "inactive_file"));
  }
  if (usage.cpu_ns < 0 || usage.memory_bytes < 0) return std::nullopt;
  CountNetwork(TextOf(process + "/net/dev"), usage);
  return usage;
}

}  // namespace ns::backend_docker
