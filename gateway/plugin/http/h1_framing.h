// Whether a request of HTTP/1.1 says without doubt where it ends and whom it is for, and for whom.
// Pure.
#pragma once

#include <optional>
#include <string>

#include "http/head.h"

namespace ns::gateway::http {

struct Mistake {
  int status = 400;
  std::string why;  // a sentence
};

// What Beast lets pass, and a proxy may read in another way than we: then what comes behind a body
// would be somebody's request. Source of rules: RFC 9112, sections 3.2, 6.1 and 6.3.
std::optional<Mistake> FramingMistake(const Head& head);

// A target that is a URL ("http://host/path") becomes a path, and its host that of the request.
// Source of the rule: RFC 9112, section 3.2.2. Others are left as they are.
void TakeAbsoluteForm(Head& head);

}  // namespace ns::gateway::http
