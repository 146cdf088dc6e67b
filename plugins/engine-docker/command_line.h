// What the Docker CLI is called with. Pure.
// The mark stands in the environment of the CLI and, as a host that no proxy is used for, in that
// of every step. BuildKit keeps the variables of proxies out of cache keys, image config and
// history. The key of the cache is the name of one more host that a step knows: BuildKit has those
// names in the keys of steps, and in nothing that it makes.
#pragma once

#include <string>
#include <vector>

#include "engine/run.h"
#include "engine/workplace.h"

namespace ns::engine_docker {

struct Circumstances {
  std::string no_proxy;   // what the operator's Docker configuration says of it
  std::string cache_key;  // of engine::CacheKeys
};

// Values of secrets stand in neither; those of arguments stand in `env`, where `ps` does not show
// them.
struct CommandLine {
  std::vector<std::string> argv, env;
};

CommandLine BuildCommand(const std::string& docker, const std::string& socket,
                         const std::string& home, const sdk::EngineJob& job,
                         const engine::Mark& mark, const engine::Files& files,
                         const Circumstances& circumstances);

}  // namespace ns::engine_docker
