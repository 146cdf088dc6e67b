#include "ns/sdk/plugin.h"
#include "buildah_engine.h"

NS_PLUGIN(ns::engine_buildah::BuildahEngine, "dev.neoshowcase.engine-buildah");
