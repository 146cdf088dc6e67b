// Text as users send it. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace ns::model {

// Well-formed UTF-8: no overlong forms, no surrogates.
bool IsUtf8(std::string_view text);
// Code points of well-formed UTF-8.
size_t CountCharacters(std::string_view text);

}  // namespace ns::model
