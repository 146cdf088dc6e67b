// What buildctl is called with. Pure.
// The mark of the build stands in the environment of buildctl. The steps' cgroup is what says whose
// they are: BuildKit has its name in the keys of its cache, and in nothing that it makes.
#pragma once

#include <string>
#include <vector>

#include "engine/run.h"
#include "engine/workplace.h"

namespace ns::engine_buildkit {

struct Circumstances {
  std::string buildctl, address;  // program, and buildkitd's
  std::string logins;             // folder with the file config.json
  std::string cgroup;             // of the steps; named by the key of the cache
  std::string policy;             // file with SourcePolicy()
};

// Values of secrets stand in neither; those of arguments do in `argv`. A plan with an export_path
// gives the file system on the standard output, another pushes.
struct CommandLine {
  std::vector<std::string> argv, env;
};

CommandLine BuildCommand(const sdk::EngineJob& job, const engine::Mark& mark,
                         const engine::Files& files, const Circumstances& circumstances);

// What ADD may not fetch: buildkitd does that itself, on the machine's network, and so would reach
// what listens on the machine's loopback or beside it. Refuses hosts that are written as an address
// of a private, link-local or loopback range, as any IPv6 address or as a name without a dot.
std::string SourcePolicy();

// The digest of the image, of what buildctl writes down about it; empty where none is named.
std::string DigestIn(const std::string& metadata);

}  // namespace ns::engine_buildkit
