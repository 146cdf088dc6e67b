// What of a source buildpacks commonly go by. Pure.
#pragma once

#include <optional>
#include <string>

#include "ns/sdk/detect.h"

namespace ns::build {

struct BuildpackSign {
  std::string context = ".";  // folder of the source that it stands in
  std::string file;           // in that folder: "go.mod"
  std::string language;       // "Go"; empty: it tells of none
  bool procfile = false;      // a Procfile beside it, or itself
  bool descriptor = false;    // a project.toml that is of buildpacks
};

// At the root, else in the first folder there that has any.
std::optional<BuildpackSign> FindBuildpackSign(const sdk::SourceListing& source);

}  // namespace ns::build
