#include "docker_backend.h"
#include "ns/sdk/plugin.h"

NS_PLUGIN(ns::backend_docker::DockerBackend, "dev.neoshowcase.backend-docker");
