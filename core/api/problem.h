// Failures as clients get them.
#pragma once

#include <string>

#include "base/random.h"
#include "base/status.h"
#include "model/validate.h"

namespace ns::api {

// A failure that names fields: the message lists them, details() holds a google.rpc.Status with
// google.rpc.BadRequest.
Status Refuse(Code code, std::string reason, const model::Violations& violations);
// OK when there are no violations, else kInvalid.
Status CheckNone(const model::Violations& violations);
Status InvalidField(std::string field, std::string message);
// `failure` of a message that is `field` of the request: its fields are named so. Those whose name
// begins with `own` are the request's.
Status Inside(const std::string& field, const std::string& own, const Status& failure);

// `failure` as it leaves: details() with google.rpc.ErrorInfo besides what it held. Of kInternal
// only an error id is left; the rest goes to the log under that id, with `method`.
Status ForCaller(Status failure, const std::string& method, Random& random);

}  // namespace ns::api
