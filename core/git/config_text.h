// Text in Git's configuration format, as a repository holds it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace ns::git {

// One variable: [section "name"] key = value. Section and key are in lower case.
struct ConfigVariable {
  std::string section, name, key, value;
};

// Calls back for each variable, in their order, also where the text turns out bad further on.
// Nothing in it can name another file. "CheckoutRefused", with `file` and the line: text that does
// not parse. "LimitExceeded": more than 1 MiB or 10,000 sections.
//
// *Rationale:* libgit2 reads configuration from files alone and follows their [include].
Status ParseConfigText(std::string_view file, std::string_view text,
                       const std::function<void(const ConfigVariable&)>& found);

}  // namespace ns::git
