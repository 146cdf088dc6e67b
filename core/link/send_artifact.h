// A builder's end of the sending of an artifact.
#pragma once

#include <string>

#include "base/clock.h"
#include "link/artifact_wire.h"
#include "link/security.h"

namespace ns::link {

// Sends it to the controller at `address`, over a connection of its own, so that nothing else waits
// behind it. As BuildDesk::PutArtifact. Blocks.
Result<model::Image> SendArtifact(const ports::Call& call, const std::string& address,
                                  const Identity& identity, const Incoming& incoming,
                                  const ports::ObjectSource& bytes, Clock& clock);

}  // namespace ns::link
