// Repositories, and the keys that their SSH hosts may show, asked of the server. Keys are lines of
// ssh_host_*_key.pub.
#pragma once

#include <string>
#include <vector>

#include "context.h"
#include "neoshowcase/platform/v1/repository.pb.h"

namespace ns::cli {

// Without keys, what the host shows is pinned.
api::Repository CreateRepository(Context& context, const api::CreateRepositoryRequest& repository,
                                 const std::vector<std::string>& host_keys);
// Without keys, those of a host that stays are kept.
void UpdateRepository(Context& context, const api::UpdateRepositoryRequest& update,
                      const std::vector<std::string>& host_keys);
// Also has the server ask the host for the one that it shows.
platform::HostKeys GetHostKeys(Context& context, const std::string& repo_id);
// What is pinned alone, for which no host is asked.
platform::HostKeys PinnedHostKeys(Context& context, const std::string& repo_id);
// In place of those that are pinned.
platform::HostKeys SetHostKeys(Context& context, const std::string& repo_id,
                               const std::vector<std::string>& host_keys);

}  // namespace ns::cli
