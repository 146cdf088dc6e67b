// What the Docker CLI is called with. Pure.
#pragma once

#include <string>
#include <vector>

#include "ns/sdk/engine.h"

namespace ns::engine_docker {

// Names one run so that its processes can be found by anyone: in the environment of the CLI and, as
// a host that no proxy is used for, in that of every step. BuildKit keeps the variables of proxies
// out of cache keys, image config and history.
struct Mark {
  std::string installation, build;
  std::string text() const { return "nsbuild." + build + "." + installation + ".invalid"; }
};

struct Files {
  std::string dockerfile;  // absolute
  std::string context;     // absolute
  std::string iidfile;     // absolute: where the id of the image goes
  std::vector<int>
      secret_fds;  // in the order of the plan's secrets: descriptors that the CLI inherits
};

struct Circumstances {
  std::string no_proxy;  // what the operator's Docker configuration says of it
  bool use_cache = true;
};

// Values of secrets stand in neither; those of arguments stand in `env`, where `ps` does not show
// them.
struct CommandLine {
  std::vector<std::string> argv, env;
};

CommandLine BuildCommand(const std::string& docker, const std::string& socket,
                         const std::string& home, const sdk::EngineJob& job, const Mark& mark,
                         const Files& files, const Circumstances& circumstances);

}  // namespace ns::engine_docker
