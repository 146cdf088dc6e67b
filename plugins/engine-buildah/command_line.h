// What buildah is called with. Pure.
#pragma once

#include <string>
#include <vector>

#include "config.h"
#include "engine/run.h"
#include "engine/workplace.h"

namespace ns::engine_buildah {

struct Circumstances {
  std::string buildah;
  std::string store, run;  // folders of images, and of what lasts as long as a build
  std::string tmp;         // folder for what is large
  std::string registries;  // file: which registries speak plain text
  int logins = -1;         // descriptor of the file with credentials
  std::string cgroup;      // what steps shall be in; empty: that of buildah
  bool chroot = false, use_cache = true;
};

// Values of secrets and arguments stand in `env` alone, or nowhere.
struct CommandLine {
  std::vector<std::string> argv, env;
};

// The name in the store of the last image of an application.
std::string ImageName(const sdk::EngineJob& job);
// The name of the container that an export looks into.
std::string ExportName(const sdk::EngineJob& job);

CommandLine BuildCommand(const sdk::EngineJob& job, const engine::Mark& mark,
                         const engine::Files& files, const Circumstances& circumstances);
// Pushes the image; its digest is in the file `files.result` then.
CommandLine PushCommand(const sdk::EngineJob& job, const engine::Mark& mark,
                        const engine::Files& files, const Circumstances& circumstances);
// Another command of buildah on the same store.
CommandLine StoreCommand(const std::vector<std::string>& words, const Circumstances& circumstances);

// Text of the file `registries`: those of this machine's loopback may speak plain text.
std::string RegistriesText();

}  // namespace ns::engine_buildah
