// How an application is, in one message.
#pragma once

#include "api/method.h"
#include "neoshowcase/platform/v1/platform.pb.h"

namespace ns::api {

// As its owners see it. `insight`: with conditions and the last deploy. kNotFound: it was purged.
Result<neoshowcase::platform::v1::ApplicationStatus> StatusOf(const Context& context,
                                                              const AppId& id, bool insight);
// Takes out what is for owners alone.
void HideFromOthers(neoshowcase::platform::v1::ApplicationStatus& status);

}  // namespace ns::api
