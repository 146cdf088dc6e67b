// Which build methods fit a source: asks all and orders what they say.
#pragma once

#include <map>
#include <string>

#include "ports/build.h"

namespace ns::act {

// `methods`: by the name that applications have for them. Pure but for the methods; one that fails
// keeps no other from it.
ports::Detection Detect(const ports::Call& call,
                        const std::map<std::string, ports::BuildMethod*>& methods,
                        const ports::SourceListing& source);

}  // namespace ns::act
