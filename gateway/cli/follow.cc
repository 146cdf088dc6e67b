#include "follow.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <thread>

#include "failure.h"
#include "resume.h"
#include "text.h"

namespace ns::cli {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kPause = 200ms;   // between two looks
constexpr auto kPatience = 30s;  // with an API that is away, as while it restarts
constexpr auto kStill = 30s;     // without any change; then the doctor is named
constexpr int kLogWait = 1000;   // ms that the server may hold a read of a growing log

const char* WordOf(platform::ApplicationStatus::State state) {
  switch (state) {
    case platform::ApplicationStatus::STOPPED:
      return "stopped";
    case platform::ApplicationStatus::BUILDING:
      return "building";
    case platform::ApplicationStatus::DEPLOYING:
      return "deploying";
    case platform::ApplicationStatus::LIVE:
      return "live";
    case platform::ApplicationStatus::FAILED:
      return "failed";
    case platform::ApplicationStatus::SLEEPING:
      return "sleeping";
    case platform::ApplicationStatus::DELETING:
      return "deleting";
    default:
      return "waiting";
  }
}

// Calls again and again while nothing answers, for a while.
template <class Ask>
auto Patiently(Context& context, const Ask& ask) {
  for (const auto until = Clock::now() + kPatience;; std::this_thread::sleep_for(1s)) {
    try {
      return ask();
    } catch (const Failure& failure) {
      if (failure.exit() != Exit::kUnreachable || Clock::now() >= until) throw;
      context.Progress("the API does not answer; trying again");
    }
  }
}

platform::ReadBuildLogResponse ReadLog(Context& context, const std::string& build_id,
                                       int64_t offset, int wait) {
  platform::ReadBuildLogRequest request;
  request.set_build_id(build_id);
  request.set_offset(offset);
  request.set_wait_ms(wait);
  return Patiently(context, [&] {
    return context.Platform<platform::ReadBuildLogResponse>("ReadBuildLog", request);
  });
}

class Follower {
 public:
  Follower(Context& context, const Following& following)
      : context_(context),
        following_(following),
        until_(Clock::now() + std::chrono::seconds(context.timeout)) {}

  platform::ApplicationStatus Run() {
    for (;; std::this_thread::sleep_for(kPause)) {
      const auto status =
          Patiently(context_, [&] { return StatusOf(context_, following_.app_id); });
      ShowState(status);
      if (following_.log) ShowBuild(status);
      ShowPhases(status.last_deploy());
      if (Settled(status)) return status;
      if (Clock::now() >= until_) throw TooLate(status);
    }
  }

 private:
  bool Settled(const platform::ApplicationStatus& status) const {
    return status.settled() &&
           (following_.commit.empty() || status.wanted_commit() == following_.commit ||
            status.state() == platform::ApplicationStatus::STOPPED);
  }

  Failure TooLate(const platform::ApplicationStatus& status) const {
    return {Exit::kTimedOut, status.name() + " is not there after " + Span(context_.timeout) +
                                 ": " + status.summary() + ".\nIt goes on by itself; `ns status " +
                                 status.name() + "` shows where it is, --timeout waits longer."};
  }

  void ShowState(const platform::ApplicationStatus& status) {
    const std::string line = std::string(WordOf(status.state())) + ": " + status.summary();
    if (line == state_) return Complain();
    state_ = line;
    changed_ = Clock::now();
    context_.Progress(line);
  }

  // Once, when nothing has moved for long.
  void Complain() {
    if (complained_ || Clock::now() - changed_ < kStill) return;
    complained_ = true;
    context_.Progress("nothing has moved for " +
                      Span(std::chrono::duration<double>(kStill).count()) +
                      "; `ns doctor` shows what may be missing");
  }

  // One read for each look, so that the state is never far behind.
  void ShowBuild(const platform::ApplicationStatus& status) {
    const std::string& id = status.latest_build().build_id();
    if (id.empty() || id == following_.known_build) return;
    if (id != build_) build_ = id, offset_ = 0, log_ended_ = false;
    while (!log_ended_) {
      const auto piece = ReadLog(context_, id, offset_, status.settled() ? 0 : kLogWait);
      std::fwrite(piece.data().data(), 1, piece.data().size(), stderr);
      log_ended_ = piece.finished();
      const bool moved = piece.next_offset() > offset_;
      offset_ = piece.next_offset();
      if (moved) changed_ = Clock::now();
      if (!moved) return;
    }
  }

  void ShowPhases(const platform::Deploy& deploy) {
    if (deploy.generation() <= following_.known_generation) return;
    if (deploy.generation() != generation_) generation_ = deploy.generation(), shown_ = 0;
    for (; shown_ < deploy.phases_size() && deploy.phases(shown_).finished(); ++shown_) {
      const platform::Phase& phase = deploy.phases(shown_);
      std::string name = phase.name();
      name.resize(std::max<size_t>(name.size(), 8), ' ');
      context_.Progress("  " + name + " " + Span(phase.seconds()));
    }
  }

  Context& context_;
  const Following following_;
  const Clock::time_point until_;
  std::string state_, build_;
  int64_t offset_ = 0, generation_ = 0;
  bool log_ended_ = false, complained_ = false;
  Clock::time_point changed_ = Clock::now();
  int shown_ = 0;
};

}  // namespace

platform::ApplicationStatus StatusOf(Context& context, const std::string& app_id) {
  platform::ApplicationStatusRequest request;
  request.set_application_id(app_id);
  return context.Platform<platform::ApplicationStatus>("GetApplicationStatus", request);
}

Following FollowingOf(Context& context, const std::string& app_id) {
  const auto status = StatusOf(context, app_id);
  Following following;
  following.app_id = app_id;
  following.known_build = status.latest_build().build_id();
  following.known_generation = status.last_deploy().generation();
  following.pinned = status.has_pin();
  return following;
}

platform::ApplicationStatus Follow(Context& context, const Following& following) {
  return Follower(context, following).Run();
}

platform::ApplicationStatus FollowToSuccess(Context& context, const Following& following) {
  auto status = Follow(context, following);
  const bool held_back =
      status.has_pin() && !following.commit.empty() && status.live_commit() != following.commit;
  if (held_back)
    throw Failure(Exit::kFailed,
                  status.name() + " is pinned to a release of commit " +
                      ShortCommit(status.live_commit()) + ", so " + ShortCommit(following.commit) +
                      " does not go live; `ns unpin " + status.name() + "` lets it.");
  if (status.ok()) return status;
  throw Failure(
      Exit::kFailed,
      status.name() + ": " + status.summary() + ".\n`ns status " + status.name() + "` tells more" +
          (status.has_latest_build()
               ? ", `ns build log " + status.latest_build().build_id() + "` what the build said."
               : "."));
}

void FollowToTheEnd(Context& context, const std::string& app_id) {
  for (const auto until = Clock::now() + std::chrono::seconds(context.timeout);;
       std::this_thread::sleep_for(kPause)) {
    try {
      Patiently(context, [&] { return StatusOf(context, app_id); });
    } catch (const Refused& refused) {
      if (refused.code() == "not_found") return;
      throw;
    }
    if (Clock::now() >= until)
      throw Failure(Exit::kTimedOut,
                    "The application is still being removed after " + Span(context.timeout) +
                        "; it goes on by itself, `ns app list` shows it until it is gone.");
  }
}

void ShowLog(Context& context, const std::string& build_id, bool follow, bool to_stderr) {
  int64_t offset = 0;
  const auto show = [&](const platform::ReadBuildLogResponse& piece) {
    if (to_stderr)
      std::fwrite(piece.data().data(), 1, piece.data().size(), stderr);
    else
      context.Print(piece.data());
    const bool moved = piece.next_offset() > offset;
    offset = piece.next_offset();
    return moved && !piece.finished();
  };
  if (!follow) {
    while (show(ReadLog(context, build_id, offset, 0))) continue;
    return;
  }
  UntilItEnds(context, [&](const std::function<void()>& alive) {
    platform::ReadBuildLogRequest request;
    request.set_build_id(build_id);
    request.set_offset(offset);
    context.Stream<platform::ReadBuildLogResponse>(
        "neoshowcase.platform.v1.PlatformService/FollowBuildLog", request,
        [&](const platform::ReadBuildLogResponse& piece) { alive(), show(piece); });
  });
}

}  // namespace ns::cli
