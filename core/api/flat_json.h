// A JSON object without objects in it, read strictly (RFC 8259). Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"

namespace ns::api {

using FlatValue =
    std::variant<std::nullptr_t, bool, int64_t, std::string, std::vector<std::string>>;
using FlatObject = std::map<std::string, FlatValue>;

// Values are strings, whole numbers of at most 16 digits, lists of strings, true, false and null.
// kInvalid for everything else: a name that comes twice, text behind the object, broken UTF-8 or
// half a surrogate pair, any leniency.
Result<FlatObject> ParseFlatObject(std::string_view text);

}  // namespace ns::api
