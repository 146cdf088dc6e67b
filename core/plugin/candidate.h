// A library that the configuration names, examined without running any of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ns/abi/entry.h"
#include "plugin/manifest.h"
#include "plugin/objection.h"

namespace ns::plugin {

struct Candidate {
  std::string file;  // where it was found, or the folders searched
  std::string bytes;
  std::optional<Manifest>
      manifest;  // where it could be read; not to be believed when there is an objection
  std::optional<Objection> objection;  // the first thing that is wrong
};

// "1.0": what this host speaks.
std::string HostAbi();

// `plugin`: a name to be looked for in `folders`, or an absolute path.
Candidate Examine(const std::string& plugin, const std::vector<std::string>& folders);

// Copies the candidate, which has no objection, loads the copy and shakes hands. Runs code of the
// plugin.
std::optional<Objection> OpenModule(const Candidate& candidate, const std::string& copies,
                                    const ns_module** module);

}  // namespace ns::plugin
