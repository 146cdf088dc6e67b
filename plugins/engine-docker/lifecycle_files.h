// What the lifecycle of Cloud Native Buildpacks reads and writes, as far as the engine hands it
// over. Pure. The names are those of the Platform Interface Specification.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ns/sdk/engine.h"
#include "tar_files.h"

namespace ns::engine_docker {

// The process types of metadata.toml, which become the label io.buildpacks.build.metadata.
struct Processes {
  std::vector<std::string> types;  // in their order
  std::string by_default;          // that the buildpacks name; empty: none
};
Processes ParseProcesses(std::string_view metadata);
// The one that an image shall start with: what the buildpacks say, else "web", else the only one.
// Empty: nobody knows.
std::string DefaultProcess(const Processes& processes);
// "web (default), worker".
std::string InWords(const Processes& processes);

// Whether analyzed.toml names a run image that was found.
bool HasRunImage(std::string_view analyzed);

// Whether group.toml names buildpacks as the specification allows, so that each has a folder of its
// own below /layers. Detect writes it, where code of the source may run.
bool IsGroup(std::string_view group);

// The digest of report.toml, "sha256:..."; empty where it is not well-formed.
std::string ParseReport(std::string_view report);

// The Docker configuration with these credentials for the registry of `reference`; empty without a
// user name.
std::string RegistryConfig(const std::string& reference, const std::string& username,
                           const std::string& password);

// An image of nothing in OCI layout format below `folder`, as if it were in a registry under
// `name`; of one layer, since the lifecycle wants a topmost one.
std::vector<TarFile> EmptyLayout(const std::string& folder, const std::string& name,
                                 const std::string& os, const std::string& architecture,
                                 Owner owner);

// One file for each variable, below "env/".
std::vector<TarFile> PlatformEnv(const std::vector<sdk::EnvVar>& env, Owner owner);

}  // namespace ns::engine_docker
