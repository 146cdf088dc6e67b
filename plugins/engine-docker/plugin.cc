#include "docker_engine.h"
#include "ns/sdk/plugin.h"

NS_PLUGIN(ns::engine_docker::DockerEngine, "dev.neoshowcase.engine-docker");
