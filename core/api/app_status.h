// How an application or a repository is, in one message.
#pragma once

#include <map>
#include <vector>

#include "api/method.h"
#include "neoshowcase/platform/v1/platform.pb.h"

namespace ns::api {

// As its owners see it. `insight`: with conditions and the last deploy. kNotFound: it was purged.
Result<neoshowcase::platform::v1::ApplicationStatus> StatusOf(const Context& context,
                                                              const AppId& id, bool insight);
// Of many without insight, as many questions to the store as of one; without those that were
// purged.
Result<std::map<AppId, neoshowcase::platform::v1::ApplicationStatus>> StatusesOf(
    const Context& context, const std::vector<AppId>& ids);
// As its owners see it.
Result<neoshowcase::platform::v1::RepositoryStatus> StatusOf(const Context& context,
                                                             const RepositoryId& id);
// Takes out what is for owners alone.
void HideFromOthers(neoshowcase::platform::v1::ApplicationStatus& status);

}  // namespace ns::api
