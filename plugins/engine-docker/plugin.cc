#include "ns/sdk/plugin.h"
#include "docker_engine.h"

NS_PLUGIN(ns::engine_docker::DockerEngine, "dev.neoshowcase.engine-docker");
