// Failures as clients get them.
#pragma once

#include <string>

#include "base/random.h"
#include "base/status.h"
#include "model/validate.h"

namespace ns::api {

// As many violations are told of, so that an answer has a bound whatever the request holds.
inline constexpr size_t kMostViolations = 50;

// A failure that names fields: the message lists them, details() holds a google.rpc.Status with
// google.rpc.BadRequest. Of those beyond kMostViolations the message tells the number.
Status Refuse(Code code, std::string reason, const model::Violations& violations);
// OK when there are no violations, else kInvalid.
Status CheckNone(const model::Violations& violations);
// kInvalid, where whoever looked for violations has stopped at these though there are more.
Status InvalidFieldsAndMore(const model::Violations& violations);
Status InvalidField(std::string field, std::string message);
// `failure` of a message that is `field` of the request: its fields are named so. Those whose name
// begins with `own` are the request's.
Status Inside(const std::string& field, const std::string& own, const Status& failure);

// `failure` as it leaves: details() with google.rpc.ErrorInfo besides what it held, and with
// google.rpc.RetryInfo where it says when to try again. Of kInternal only an error id is left; the
// rest goes to the log under that id, with `method`.
Status ForCaller(Status failure, const std::string& method, Random& random);

}  // namespace ns::api
