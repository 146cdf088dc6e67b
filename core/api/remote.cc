#include "api/remote.h"

#include <algorithm>

#include "model/quarantine.h"

namespace ns::api {
namespace {

Status Blame(const Status& failure) {
  if (failure.ok() || !RemoteIsToBlame(failure)) return failure;
  return {Code::kUnavailable, failure.reason(),
          "the repository cannot be read: " + failure.message()};
}

}  // namespace

ports::Call Within(const Context& context, const ports::Call& call) {
  constexpr Duration kLongest = std::chrono::seconds(25);
  ports::Call out = call;
  const Duration end = context.parts.clock.Monotonic() + kLongest;
  out.deadline = call.deadline ? std::min(*call.deadline, end) : end;
  return out;
}

Result<std::vector<model::GitRef>> AskRemote(const Context& context, const Request& request,
                                             const model::Repository& repository) {
  NS_ASSIGN(const ports::Remote remote, ports::RemoteOf(repository));
  const WaitTurns::Turn turn(context.remote_turns, request.user);
  NS_TRY(turn.status());
  return context.parts.git.ListRefs(Within(context, request.call), remote);
}

Result<ports::HostKeyLook> LookAtHostKey(const Context& context, const Request& request,
                                         const model::Repository& repository) {
  const WaitTurns::Turn turn(context.remote_turns, request.user);
  NS_TRY(turn.status());
  // Its credentials need not open, since they are not told.
  return context.parts.git.HostKey(Within(context, request.call),
                                   {repository.id, repository.url, repository.credentials});
}

Result<std::vector<model::Commit>> AskForCommits(const Context& context, const Request& request,
                                                 const model::Repository& repository,
                                                 const std::vector<std::string>& hashes) {
  NS_ASSIGN(const ports::Remote remote, ports::RemoteOf(repository));
  const WaitTurns::Turn turn(context.remote_turns, request.user);
  NS_TRY(turn.status());
  return context.parts.git.Commits(Within(context, request.call), remote, hashes);
}

Result<std::vector<model::GitRef>> ListRefs(const Context& context, const Request& request,
                                            const model::Repository& repository) {
  auto refs = AskRemote(context, request, repository);
  if (refs.ok()) return refs;
  return Blame(refs.status());
}

bool RemoteIsToBlame(const Status& failure) {
  return failure.code() != Code::kInternal && failure.code() != Code::kCancelled &&
         failure.reason() != "TooManyCalls" && failure.reason() != model::kSealBroken;
}

}  // namespace ns::api
