// Asking Git hosts on behalf of a caller who waits.
#pragma once

#include <string>
#include <vector>

#include "api/method.h"

namespace ns::api {

ports::Remote RemoteOf(const model::Repository& repository);
// As `call`, but no longer than 25 s from now.
ports::Call Within(const Context& context, const ports::Call& call);
// Refs sorted by name. A failure is the remote's: kUnavailable with Git's reason and message (kInternal and kCancelled stay as they are).
Result<std::vector<model::GitRef>> ListRefs(const Context& context, const Request& request, const model::Repository& repository);

}  // namespace ns::api
