// Which schema this program needs.
#pragma once

namespace ns::store {

// That of migrate/schema.sql. Raised with every change of that file.
inline constexpr int kSchemaNumber = 12;

}  // namespace ns::store
