// Renders a Config for Traefik's file provider and for its docker provider.
#pragma once

#include <map>
#include <string>

#include "traefik/routing.h"

namespace ns::traefik {

// One YAML file of the file provider.
std::string RenderFile(const Config& config);
// The file that all others need: the transport to upstreams.
std::string SharedFile();
// Container labels of the docker provider; `network`: where the container is reached. Throws
// RouteUnsupported for services that are not this container (the page).
std::map<std::string, std::string> RenderLabels(const Config& config, const std::string& network);

}  // namespace ns::traefik
