#include "api/remote.h"

#include <algorithm>

namespace ns::api {

ports::Remote RemoteOf(const model::Repository& repository) { return {repository.id, repository.url, repository.credentials}; }

ports::Call Within(const Context& context, const ports::Call& call) {
  constexpr Duration kLongest = std::chrono::seconds(25);
  ports::Call out = call;
  const Duration end = context.parts.clock.Monotonic() + kLongest;
  out.deadline = call.deadline ? std::min(*call.deadline, end) : end;
  return out;
}

Result<std::vector<model::GitRef>> ListRefs(const Context& context, const Request& request, const model::Repository& repository) {
  auto refs = context.parts.git.ListRefs(Within(context, request.call), RemoteOf(repository));
  const Status failure = refs.status();
  if (failure.ok() || failure.code() == Code::kInternal || failure.code() == Code::kCancelled) return refs;
  return Status(Code::kUnavailable, failure.reason(), "the repository cannot be read: " + failure.message());
}

}  // namespace ns::api
