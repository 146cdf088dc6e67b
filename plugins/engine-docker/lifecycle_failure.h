// Why a phase of the lifecycle failed. Pure.
#pragma once

#include <string>
#include <vector>

#include "ns/sdk/error.h"

namespace ns::engine_docker {

enum class Phase { kAnalyze, kDetect, kRestore, kBuild, kExport };
const char* NameOf(Phase phase);  // "analyze"

struct PhaseEnd {
  Phase phase;
  int exit_code = 0;
  std::vector<std::string> tail;  // the last lines that it wrote
};

// By exit code and words. Reasons CommandFailed, NoBuildpackFits, BaseImageUnavailable,
// RegistryUnavailable, EngineUnavailable, Unsupported.
sdk::Error LifecycleFailure(const PhaseEnd& end, const std::string& builder,
                            const std::string& platform_api);

// Whether the lifecycle gave up over the run image, and what is said of that. `trouble`: what the
// registry itself has to say, "connection refused"; empty: it serves.
bool SaysNoRunImage(const std::vector<std::string>& tail);
sdk::Error RunImageMissing(const std::string& builder, const std::string& run_image,
                           const std::string& words, const std::string& trouble);

// The builder image, which dockerd does not have and, by these words, could not pull.
sdk::Error BuilderMissing(const std::string& builder, const std::string& words, bool gone);

// Its lifecycle, which dockerd could not start.
sdk::Error NoLifecycle(const std::string& builder, const std::string& words);

}  // namespace ns::engine_docker
