// One process after another on the same data folder.
#pragma once

#include <string>
#include <vector>

#include "host/layout.h"
#include "ports/store.h"

namespace ns::host {

// Takes the row of the process that ran these roles here before out of the database, so that no
// build is given to a builder that was killed, and remembers `id` for the next. Should that process
// live after all, its next beat brings the row back.
Status Succeed(const Layout& layout, const std::vector<std::string>& roles, const HostId& id,
               ports::HostStore& hosts);

}  // namespace ns::host
