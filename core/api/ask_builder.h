// Asking a builder what fits a source, on behalf of a caller who waits.
#pragma once

#include <string>

#include "api/method.h"
#include "ports/detect.h"

namespace ns::api {

// What the build methods of some builder say of that commit; waits until one has answered, until
// the call's deadline, at most a minute. kUnavailable: "NoBuilder", "NotAnswered", or that
// builder's reason why it could not look; kExhausted: "TooManyCalls".
Result<ports::Detection> AskBuilder(const Context& context, const Request& request,
                                    const RepositoryId& repository, const std::string& commit);

}  // namespace ns::api
