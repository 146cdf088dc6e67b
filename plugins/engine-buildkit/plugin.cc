#include "ns/sdk/plugin.h"
#include "buildkit_engine.h"

NS_PLUGIN(ns::engine_buildkit::BuildkitEngine, "dev.neoshowcase.engine-buildkit");
