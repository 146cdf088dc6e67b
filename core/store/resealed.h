// What a rotation of the sealing key did.
#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace ns::store {

struct Resealed {
  int64_t rows = 0;                // sealed anew
  std::set<std::string> unopened;  // secrets that no key opens, as "table/row[/column]": left alone
};

}  // namespace ns::store
