// What a container has used, as the kernel's control groups count it: without a question to the
// Engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "docker/types.h"

namespace ns::backend_docker {

// Where the kernel's files are; elsewhere in tests.
struct KernelFolders {
  std::string proc = "/proc", cgroups = "/sys/fs/cgroup";
};

// Of the container `id`, whose first process is `pid`. nullopt: it is another one's process by now,
// or its files cannot be read from here.
std::optional<docker::Usage> UsageOf(const std::string& id, int64_t pid,
                                     const KernelFolders& folders = {});

// Bytes received and sent, of the text of /proc/<pid>/net/dev, without the loopback.
void CountNetwork(std::string_view table, docker::Usage& usage);

}  // namespace ns::backend_docker
