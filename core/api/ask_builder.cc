#include "api/ask_builder.h"

#include <algorithm>

#include "api/alive.h"

namespace ns::api {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLongest = 60s;
constexpr Duration kMargin = 500ms;  // between our answer and the caller's deadline

Status NeedsBuilder(const Context& context) {
  NS_ASSIGN(const auto hosts, context.store().hosts.List(kAlive));
  const bool any = std::ranges::any_of(hosts, [](const model::Host& host) {
    return std::ranges::find(host.roles, "builder") != host.roles.end();
  });
  if (any) return {};
  return Status(Code::kUnavailable, "NoBuilder",
                "no builder is up that could look at the source: start `nsd` with the role "
                "`builder`, on this machine or on another; `ns doctor` shows which hosts are up")
      .SetFault(Fault::kOperator);
}

Status NotAnswered() {
  return Status(Code::kUnavailable, "NotAnswered",
                "no builder has looked at the source in time; ask again in a moment, and see `ns "
                "doctor` whether one is up")
      .SetFault(Fault::kPlatform);
}

// A failure of a look may pass, whatever its code.
Status Told(const Status& failure) {
  return Status(Code::kUnavailable, failure.reason(), failure.message()).SetFault(failure.fault());
}

}  // namespace

Result<ports::Detection> AskBuilder(const Context& context, const Request& request,
                                    const RepositoryId& repository, const std::string& commit) {
  const WaitTurns::Turn turn(context.remote_turns, request.user);
  NS_TRY(turn.status());
  NS_TRY(NeedsBuilder(context));
  Clock& clock = context.parts.clock;
  Duration end = clock.Monotonic() + kLongest;
  if (request.call.deadline) end = std::min(end, *request.call.deadline - kMargin);
  NS_ASSIGN(const ports::DetectionId id, context.store().detections.Ask(repository, commit));
  LogFollowers::Seat seat(context.followers, id.str());
  if (!seat.taken())
    return Status(Code::kExhausted, "TooManyCalls", "too many calls wait; ask again in a moment");
  for (;;) {
    NS_ASSIGN(auto answer, context.store().detections.Read(id));
    if (answer && !answer->failure.ok()) return Told(answer->failure);
    if (answer) return std::move(answer->found);
    const Duration left = end - clock.Monotonic();
    if (request.call.cancel.stop_requested() || left <= 0s) return NotAnswered();
    seat.Wait(request.call, left);
  }
}

}  // namespace ns::api
