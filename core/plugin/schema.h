// JSON against JSON Schema.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace ns::plugin {

// Whether `document` fits `schema` (an empty schema fits all). kInvalid names every place that does
// not, as JSON pointers.
Status CheckSchema(std::string_view schema, std::string_view document);

}  // namespace ns::plugin
