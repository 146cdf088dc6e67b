// What buildah is called with. Pure.
#pragma once

#include <string>
#include <vector>

#include "base_images.h"
#include "config.h"
#include "engine/run.h"
#include "engine/workplace.h"

namespace ns::engine_buildah {

inline constexpr const char* kPath =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct Circumstances {
  std::string buildah;
  std::string store, run;           // folders of images, and of what lasts as long as a build
  std::string images;               // folder of images that are only read; empty: none
  std::string tmp;                  // folder for what is large
  std::string registries;           // file: which registries speak plain text
  std::string policy;               // file: where images may come from
  std::string dockerfile, ignored;  // files: what is built, and what of the context is left out
  std::string cgroup;               // what steps shall be in; empty: that of buildah
  bool chroot = false, use_cache = true;
};

// Values of secrets and arguments stand in `env` alone, or nowhere.
struct CommandLine {
  std::vector<std::string> argv, env;
};

// What builds of an application are named in its store.
std::string ImageName(const sdk::EngineJob& job);
// Of the container that an export is read from.
std::string ExportName(const sdk::EngineJob& job);

// `words`: what buildah shall do, after its name.
CommandLine StoreCommand(const std::vector<std::string>& words, const Circumstances& circumstances);
// `logins`: descriptor of the file with credentials, which no build sees.
CommandLine PullCommand(const BaseImage& image, const engine::Mark& mark, int logins,
                        const Circumstances& circumstances);
CommandLine PushCommand(const sdk::EngineJob& job, const engine::Mark& mark, int logins,
                        const engine::Files& files, const Circumstances& circumstances);
// Takes base images from the stores alone.
CommandLine BuildCommand(const sdk::EngineJob& job, const engine::Mark& mark,
                         const engine::Files& files, const Circumstances& circumstances);

// Mounts the image in a container that never starts, and waits there.
CommandLine MountCommand(const sdk::EngineJob& job, const engine::Mark& mark,
                         const Circumstances& circumstances);
// From what that has said, a path that leads there from outside; empty: it is not there yet.
std::string MountedAt(const std::string& said);

// The registries file: those on the loopback interface may speak plain HTTP, as with dockerd.
std::string RegistriesText();
// The policy file: images of registries, and those that were built here.
std::string PolicyText();

}  // namespace ns::engine_buildah
