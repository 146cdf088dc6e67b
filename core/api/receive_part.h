// Submodules that lie beside a repository of the platform.
#pragma once

#include <string>

#include "ports/store.h"

namespace ns::api {

// Where `part` lies, which is to be a submodule of `whole`; both are names of repositories that are
// pushed to. kNotFound: there is none; "SubmoduleDenied": not every owner of `whole` owns it.
Result<ports::Received> FindPart(const ports::Store& store, const std::string& whole,
                                 const std::string& part);

}  // namespace ns::api
