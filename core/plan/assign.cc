#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <set>
#include <tuple>

#include "plan/builds.h"

namespace ns::plan {
namespace {

using model::Build;
using model::BuilderState;
using model::QueueSnapshot;

// Room at builders, most first; of equals the one that was told first.
class Rooms {
 public:
  explicit Rooms(const std::vector<BuilderState>& builders) : builders_(builders) {
    for (size_t i = 0; i < builders.size(); ++i)
      by_room_.insert({builders[i].running - builders[i].slots, i});
  }

  // The builder with most room of those that can build by that method, which has less room from now
  // on; null when none has any, and then none ever will.
  const BuilderState* Take(const std::string& method) {
    const auto found = Find(method);
    if (found == by_room_.end()) return nullptr;
    auto node = by_room_.extract(found);
    ++node.value().first;
    const BuilderState& builder = builders_[node.value().second];
    by_room_.insert(std::move(node));
    return &builder;
  }

  bool Has(const std::string& method) {
    if (full_.contains(method)) return false;
    if (Find(method) != by_room_.end()) return true;
    full_.insert(method);
    return false;
  }

 private:
  using ByRoom = std::set<std::pair<int, size_t>>;  // room with a minus, index

  ByRoom::const_iterator Find(const std::string& method) const {
    for (auto one = by_room_.begin(); one != by_room_.end(); ++one) {
      if (one->first >= 0) break;
      if (CanBuild(builders_[one->second], method)) return one;
    }
    return by_room_.end();
  }

  const std::vector<BuilderState>& builders_;
  ByRoom by_room_;
  std::set<std::string> full_;
};

// The order of the queue. What cannot start now cannot start later in the same run, since slots and
// applications are only taken: so each owner's builds are gone through once, and the owners wait in
// a heap by the rank of their first.
class Assigner {
 public:
  explicit Assigner(const QueueSnapshot& queue) : queue_(queue), rooms_(queue.builders) {
    for (const Build& build : queue.building) Occupy(build);
    for (const Build& build : queue.queued) {
      if (build.not_before <= queue.now) owners_[AppOf(build).owner].waiting.push_back(&build);
    }
    for (auto& [id, owner] : owners_) {
      owner.served = ServedAt(id);
      std::ranges::stable_sort(owner.waiting, {},
                               [&](const Build* build) { return AppOf(*build).has_release; });
      Put(owner);
    }
  }

  std::vector<model::BuildClaim> Run() {
    std::vector<model::BuildClaim> claims;
    while (!heap_.empty()) {
      Owner& owner = *heap_.top().second;
      heap_.pop();
      const Build& build = *owner.waiting[owner.next++];
      const std::string& method = AppOf(build).method;
      if (IsFree(build.app) && rooms_.Has(method)) {
        claims.push_back({build.id, rooms_.Take(method)->host});
        Occupy(build);
      }
      Put(owner);
    }
    return claims;
  }

 private:
  struct Owner {
    std::vector<const Build*> waiting;  // first those that have nothing to run, then the oldest
    size_t next = 0;
    int running = 0;
    Time served = kNever;
  };
  // Less goes first; the last: the place in the queue.
  using Rank = std::tuple<int, Time, bool, const Build*>;
  using Entry = std::pair<Rank, Owner*>;

  const model::QueueApp& AppOf(const Build& build) const {
    static const model::QueueApp kUnknown;
    const auto found = queue_.apps.find(build.app);
    return found == queue_.apps.end() ? kUnknown : found->second;
  }

  Time ServedAt(const UserId& owner) const {
    const auto found = queue_.served.find(owner);
    return found == queue_.served.end() ? kNever : found->second;
  }

  bool IsFree(const AppId& app) const { return !busy_.contains(app); }

  void Occupy(const Build& build) {
    busy_.insert(build.app);
    ++owners_[AppOf(build).owner].running;
  }

  void Put(Owner& owner) {
    if (owner.next == owner.waiting.size()) return;
    const Build* const first = owner.waiting[owner.next];
    heap_.push({{owner.running, owner.served, AppOf(*first).has_release, first}, &owner});
  }

  const QueueSnapshot& queue_;
  Rooms rooms_;
  std::map<UserId, Owner> owners_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
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
