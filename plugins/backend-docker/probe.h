// One try whether a container is ready.
#pragma once

#include "docker/types.h"
#include "http/http.h"
#include "ns/sdk/rollout_backend.h"

namespace ns::backend_docker {

// `container`: as inspected just now; `address`: where it is reached. HTTP and TCP are real
// requests to it.
sdk::ProbeAnswer ProbeOnce(const sdk::Call& call, http::Client& http, const sdk::Probe& probe,
                           const docker::Container& container, const std::string& address);

}  // namespace ns::backend_docker
