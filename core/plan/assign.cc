#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/mutant.h"
#include "plan/builds.h"

namespace ns::plan {
namespace {

using model::Build;
using model::BuilderState;
using model::QueueSnapshot;

// The order of the queue, decided one build after another.
class Assigner {
 public:
  explicit Assigner(const QueueSnapshot& queue) : queue_(queue) {
    for (const BuilderState& builder : queue.builders)
      free_[builder.host] = builder.slots - builder.running;
    for (const Build& build : queue.building) Occupy(build);
    for (const Build& build : queue.queued) {
      if (build.not_before <= queue.now) waiting_.push_back(&build);
    }
  }

  std::vector<model::BuildClaim> Run() {
    std::vector<model::BuildClaim> claims;
    while (const Build* next = Next()) {
      const BuilderState& builder = *BuilderFor(*next);
      claims.push_back({next->id, builder.host});
      --free_[builder.host];
      Occupy(*next);
    }
    return claims;
  }

 private:
  const model::QueueApp& AppOf(const Build& build) const {
    static const model::QueueApp kUnknown;
    const auto found = queue_.apps.find(build.app);
    return found == queue_.apps.end() ? kUnknown : found->second;
  }

  Time ServedAt(const UserId& owner) const {
    const auto found = queue_.served.find(owner);
    return found == queue_.served.end() ? kNever : found->second;
  }

  int RunningOf(const UserId& owner) const {
    const auto found = running_.find(owner);
    return found == running_.end() ? 0 : found->second;
  }

  void Occupy(const Build& build) {
    busy_.insert(build.app);
    ++running_[AppOf(build).owner];
  }

  // With most room of those that can build it, or null.
  const BuilderState* BuilderFor(const Build& build) const {
    const BuilderState* best = nullptr;
    for (const BuilderState& builder : queue_.builders) {
      const int room = free_.at(builder.host);
      if ((room > 0 || NS_MUTANT("starter.no-slots")) && CanBuild(builder, AppOf(build).method) &&
          (best == nullptr || room > free_.at(best->host)))
        best = &builder;
    }
    return best;
  }

  // `waiting_` is oldest first, and of equals the first is taken.
  const Build* Next() const {
    const Build* best = nullptr;
    for (const Build* build : waiting_) {
      if ((busy_.contains(build->app) && !NS_MUTANT("starter.same-app")) ||
          BuilderFor(*build) == nullptr)
        continue;
      if (best == nullptr || Rank(*build) < Rank(*best)) best = build;
    }
    return best;
  }

  std::tuple<int, Time, bool> Rank(const Build& build) const {
    const model::QueueApp& app = AppOf(build);
    return {RunningOf(app.owner), ServedAt(app.owner), app.has_release};
  }

  const QueueSnapshot& queue_;
  std::vector<const Build*> waiting_;
  std::map<HostId, int> free_;
  std::map<UserId, int> running_;
  std::set<AppId> busy_;
};

}  // namespace

bool CanBuild(const BuilderState& builder, const std::string& method) {
  return builder.methods.empty() ||
         std::ranges::find(builder.methods, method) != builder.methods.end();
}

std::vector<model::BuildClaim> AssignBuilds(const QueueSnapshot& queue) {
  return Assigner(queue).Run();
}

}  // namespace ns::plan
