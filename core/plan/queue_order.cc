#include "plan/queue_order.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "plan/builds.h"

namespace ns::plan {
namespace {

using model::Build;
using model::QueueSnapshot;

bool SomebodyCanBuild(const QueueSnapshot& queue, const Build& build) {
  const auto app = queue.apps.find(build.app);
  const std::string method = app == queue.apps.end() ? "" : app->second.method;
  return std::ranges::any_of(queue.builders,
                             [&](const auto& builder) { return CanBuild(builder, method); });
}

// The same queue at an installation where everything finds room.
QueueSnapshot WithRoom(QueueSnapshot queue) {
  model::BuilderState builder;
  builder.slots = std::numeric_limits<int>::max();
  queue.builders = {builder};
  return queue;
}

}  // namespace

std::vector<InLine> QueueOrder(const QueueSnapshot& queue) {
  std::map<BuildId, const Build*> waiting;
  for (const Build& build : queue.queued) waiting[build.id] = &build;
  std::vector<InLine> out;
  for (const model::BuildClaim& claim : AssignBuilds(WithRoom(queue))) {
    const auto next = waiting.find(claim.build);
    const bool can = SomebodyCanBuild(queue, *next->second);
    out.push_back({next->second, can ? Waiting::kRoom : Waiting::kBuilder});
    waiting.erase(next);
  }
  for (const Build& build : queue.queued) {
    if (!waiting.contains(build.id)) continue;
    out.push_back({&build, build.not_before > queue.now ? Waiting::kPause : Waiting::kSibling});
  }
  // Not that of std::ranges, whose subrange clang 14 does not take from libstdc++.
  std::stable_partition(out.begin(), out.end(),
                        [](const InLine& one) { return one.waiting == Waiting::kRoom; });
  return out;
}

}  // namespace ns::plan
