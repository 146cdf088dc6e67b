// The one spelling of a host. Pure.
#pragma once

#include <string>

namespace ns::cli::form {

// As the server keeps it: in lower case, and with A-labels where it goes beyond ASCII (UTS #46,
// non-transitional, and IDNA 2008). What these do not allow is lowered alone: the server refuses
// it.
std::string CanonicalHost(const std::string& host);

}  // namespace ns::cli::form
