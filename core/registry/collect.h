// What deleted images leave on the disk of the embedded registry.
#pragma once

#include <stop_token>

#include "base/clock.h"
#include "registry/embedded.h"

namespace ns::registry {

// Removes the layers that no image needs any more. The registry deletes manifests alone, and its
// own collector must not run beside pushes: it is started again so that it takes none, for as long
// as this takes, and again as it was, whatever comes of it. Pulls go on but for the two starts. A
// build that pushes just then fails by the platform's fault and is tried again. Blocks.
Status CollectGarbage(const EmbeddedRegistry& registry, supervise::Supervisor& supervisor,
                      Clock& clock, const std::stop_token& cancel);

}  // namespace ns::registry
