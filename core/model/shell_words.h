// Entrypoints and commands as users write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace ns::model {

// `text` as an argument vector. When any word holds one of ` ~ # $ & * ( ) \ | [ ] { } ; ' " < > ?
// ! = the whole runs as
// {"sh", "-c", text}; otherwise it is split at blanks. Empty for blank text. kInvalid: a quote is
// not closed, or a control character; the message names the rule and the text, shortened.
Result<std::vector<std::string>> ParseCommand(std::string_view text);

}  // namespace ns::model
