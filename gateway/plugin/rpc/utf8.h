// What goes into JSON must be UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace ns::gateway::rpc {

bool IsUtf8(std::string_view text);
// The text with every byte that is no part of UTF-8 as U+FFFD.
std::string MadeUtf8(std::string_view text);

}  // namespace ns::gateway::rpc
