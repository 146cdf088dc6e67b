// JSON against JSON Schema, and in its one form.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace ns::json {

// Whether `document` fits `schema` (an empty schema fits all). kInvalid names every place that does
// not, as JSON pointers.
Status CheckSchema(std::string_view schema, std::string_view document);

// An object without spaces, members by name: equal texts for equal objects. kInvalid: it is none.
Result<std::string> CanonicalObject(std::string_view text);

}  // namespace ns::json
