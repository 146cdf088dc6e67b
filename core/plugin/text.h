// Texts from plugins, which are not to be trusted to be short or UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace ns::plugin {

// At most `most` bytes of `text` as valid UTF-8; what is none becomes "?".
std::string CleanText(std::string_view text, size_t most = 16 * 1024);

}  // namespace ns::plugin
