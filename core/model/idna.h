// Host names beyond ASCII. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace ns::model {

bool IsAscii(std::string_view text);

// A host, or a label of one, in lower case and with A-labels where it goes beyond ASCII: UTS #46
// (non-transitional) and the rules of IDNA 2008. kInvalid says what they do not allow, also of
// A-labels that stand in it already.
Result<std::string> ToAscii(std::string_view host);

}  // namespace ns::model
