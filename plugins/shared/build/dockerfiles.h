// The Dockerfiles of a source. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ns/sdk/detect.h"

namespace ns::build {

struct DockerfileAt {
  std::string path;      // below the source
  std::string context;   // its folder, or "." where nothing but Dockerfiles lies in it
  bool variant = false;  // "Dockerfile.dev": one of several purposes
};

// The likeliest first: at the root, then by depth; plain ones before variants. At most ten.
std::vector<DockerfileAt> FindDockerfiles(const sdk::SourceListing& source);

// The folder of the image that a web server in its last stage would serve: what is copied to where
// nginx, Apache httpd or Caddy look by default. nullopt: it is no such image.
std::optional<std::string> ServedFolder(std::string_view dockerfile);

}  // namespace ns::build
