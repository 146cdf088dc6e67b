#include "plan/fetch.h"

#include <algorithm>

namespace ns::plan {

std::string Resolve(const std::vector<model::GitRef>& refs, const std::string& ref) {
  const auto found = std::find_if(refs.begin(), refs.end(),
                                  [&](const model::GitRef& one) { return one.name == ref; });
  return found == refs.end() ? model::kNoCommit : found->commit;
}

std::vector<model::Follower> Moved(const std::vector<model::Follower>& followers,
                                   const std::vector<model::GitRef>& refs) {
  std::vector<model::Follower> moved;
  for (const model::Follower& follower : followers) {
    std::string commit = Resolve(refs, follower.ref);
    if (commit != follower.commit) moved.push_back({follower.app, follower.ref, std::move(commit)});
  }
  return moved;
}

}  // namespace ns::plan
