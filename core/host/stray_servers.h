// Site servers that run though nobody here wants them.
#pragma once

#include <vector>

#include "base/status.h"
#include "host/layout.h"
#include "plugin/plugin_host.h"
#include "supervise/supervisor.h"

namespace ns::host {

// Ends the helpers of site servers that a process before this one has started and this one has not
// asked for: their instance is configured no more, is of another plugin by now, or is not loaded.
// Each gets the signal and the time that its record says. The first failure; it keeps no other from
// being ended.
Status EndStraySiteServers(const Layout& layout, const std::vector<plugin::Loaded>& loaded,
                           supervise::Supervisor& supervisor);

}  // namespace ns::host
