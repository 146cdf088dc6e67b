#include "repo_calls.h"

namespace ns::cli {

api::Repository CreateRepository(Context& context, const api::CreateRepositoryRequest& repository,
                                 const std::vector<std::string>& host_keys) {
  if (host_keys.empty()) return context.Api<api::Repository>("CreateRepository", repository);
  platform::CreateRepositoryRequest request;
  *request.mutable_repository() = repository;
  request.mutable_host_keys()->Assign(host_keys.begin(), host_keys.end());
  return context.Own<api::Repository>("RepositoryService/CreateRepository", request);
}

void UpdateRepository(Context& context, const api::UpdateRepositoryRequest& update,
                      const std::vector<std::string>& host_keys) {
  if (host_keys.empty()) {
    context.Api("UpdateRepository", update);
    return;
  }
  platform::UpdateRepositoryRequest request;
  request.set_repository_id(update.id());
  *request.mutable_update() = update;
  request.mutable_host_keys()->Assign(host_keys.begin(), host_keys.end());
  context.Own("RepositoryService/UpdateRepository", request);
}

platform::HostKeys GetHostKeys(Context& context, const std::string& repo_id) {
  platform::GetHostKeysRequest request;
  request.set_repository_id(repo_id);
  return context.Own<platform::HostKeys>("RepositoryService/GetHostKeys", request);
}

platform::HostKeys PinnedHostKeys(Context& context, const std::string& repo_id) {
  platform::GetHostKeysRequest request;
  request.set_repository_id(repo_id);
  request.set_pinned_only(true);
  return context.Own<platform::HostKeys>("RepositoryService/GetHostKeys", request);
}

platform::HostKeys SetHostKeys(Context& context, const std::string& repo_id,
                               const std::vector<std::string>& host_keys) {
  platform::SetHostKeysRequest request;
  request.set_repository_id(repo_id);
  request.mutable_host_keys()->Assign(host_keys.begin(), host_keys.end());
  return context.Own<platform::HostKeys>("RepositoryService/SetHostKeys", request);
}

}  // namespace ns::cli
