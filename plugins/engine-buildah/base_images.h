// Which images a Dockerfile asks for. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ns::engine_buildah {

struct BaseImage {
  std::string name;      // as a registry knows it: "debian:12", "host:5000/team/base@sha256:..."
  std::string platform;  // "linux/arm64"; empty: that of the machine
  auto operator<=>(const BaseImage&) const = default;
};

// What FROM, COPY --from and RUN --mount=from name that is no stage, each once and in order.
// `args`: of the build; they count before what ARG says. Throws BaseImageUnavailable, the source's
// fault, for a name that would lead anywhere but to a registry: buildah itself takes
// "oci:/folder", "docker-daemon:name" and others, and names of its own store.
std::vector<BaseImage> BaseImagesOf(std::string_view dockerfile,
                                    const std::map<std::string, std::string>& args);

}  // namespace ns::engine_buildah
