#include "ns/sdk/plugin.h"
#include "docker_backend.h"

NS_PLUGIN(ns::backend_docker::DockerBackend, "dev.neoshowcase.backend-docker");
