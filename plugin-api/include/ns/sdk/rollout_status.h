// What a rollout backend tells about an application, from what it keeps and what it sees. Pure.
#pragma once

#include <algorithm>

#include "ns/sdk/app_record.h"
#include "ns/sdk/rollout.h"

namespace ns::sdk {

// A replica with what the status of its application is made of.
struct ReplicaReport {
  Replica replica;
  std::string name;  // for people
  std::string run_key;
  std::string image_digest;
  std::string flaw;  // what somebody changed by hand, as a clause: "its memory limit was changed";
                     // empty: nothing
  int restarts = 0, exit_code = 0;
  bool out_of_memory = false;
};

// What is there of one application.
struct Look {
  std::vector<ReplicaReport> replicas;
  bool routes_intact = true;
  std::string route_flaw;  // as ReplicaReport::flaw
};

inline Seen SeenOf(const AppRecord& record, const Look& look, const Fence& newest) {
  Seen seen{.newest = newest,
            .route_key = record.written_route_key,
            .targets = record.targets,
            .routes_intact = look.routes_intact};
  for (const ReplicaReport& report : look.replicas) {
    seen.replicas.push_back(report.replica);
    const auto since = record.draining_since.find(report.replica.id);
    if (since != record.draining_since.end())
      seen.replicas.back().draining_since = Nanoseconds(since->second);
  }
  return seen;
}

// The key of an application's routes: that of the host, and of a static site its release too.
inline std::string RoutesKeyOf(const App& app) {
  return app.site ? app.route_key + "@" + app.site->release : app.route_key;
}
// The part of it that the host knows.
inline std::string RouteKeyIn(const std::string& routes_key) {
  return routes_key.substr(0, routes_key.find('@'));
}

// What differs from what a settled application was left as; empty: nothing.
inline std::string DriftOf(const AppRecord& record, const Look& look) {
  if (!record.settled) return "";
  std::string drift;
  const auto add = [&](const std::string& clause) {
    (drift += drift.empty() ? "" : "; ") += clause;
  };
  for (const ReplicaReport& report : look.replicas) {
    if (!report.flaw.empty())
      add("container " + report.name + ": " + report.flaw);
    else if (!record.targets.contains(report.replica.id))
      add("container " + report.name + " does not belong to it");
    else if (!report.replica.Alive())
      add("container " + report.name + " ended with exit code " + std::to_string(report.exit_code));
  }
  for (const std::string& target : record.targets) {
    const bool there = std::any_of(look.replicas.begin(), look.replicas.end(),
                                   [&](const auto& r) { return r.replica.id == target; });
    if (!there) add("a container was removed");
  }
  if (!look.routes_intact)
    add(look.route_flaw.empty() ? "its routes were changed" : look.route_flaw);
  return drift;
}

namespace detail {

inline const ReplicaReport* Newest(const AppRecord& record, const Look& look) {
  const ReplicaReport* newest = nullptr;
  for (const ReplicaReport& report : look.replicas) {
    const auto rank = [&](const ReplicaReport& r) {
      return std::make_tuple(record.targets.contains(r.replica.id), r.replica.Alive(),
                             r.replica.order);
    };
    if (!newest || rank(report) > rank(*newest)) newest = &report;
  }
  return newest;
}

inline Container ContainerOf(const AppRecord& record, const ReplicaReport& report) {
  switch (report.replica.life) {
    case Life::kNew:
      return Container::kStarting;
    case Life::kRunning:
      return record.targets.contains(report.replica.id) ? Container::kRunning
                                                        : Container::kStarting;
    case Life::kRestarting:
      return Container::kRestarting;
    case Life::kEnded:
      break;
  }
  return report.exit_code == 0 ? Container::kExited : Container::kErrored;
}

inline void Explain(AppStatus& status, const AppRecord& record, const std::string& drift,
                    const ReplicaReport* newest) {
  const auto say = [&](const char* reason, std::string message) {
    status.reason = reason, status.message = std::move(message);
  };
  if (!record.failure_reason.empty())
    return say(record.failure_reason.c_str(), record.failure_message);
  if (!drift.empty())
    return say(NS_REASON_DRIFT, "Differs from what was asked for: " + drift + ".");
  if (newest && newest->replica.life == Life::kRestarting)
    return say(newest->out_of_memory ? NS_REASON_OUT_OF_MEMORY : NS_REASON_CONTAINER_EXITED,
               "The container ends again and again, last with exit code " +
                   std::to_string(newest->exit_code) + ".");
  if (!record.settled) return say(NS_REASON_STARTING, "A deploy is under way.");
  if (record.state != AppState::kRunning) return say(NS_REASON_STOPPED, "Stopped as asked.");
  say(NS_REASON_RUNNING, "Running.");
}

}  // namespace detail

// `now_us`: microseconds since 1970; what was mended is told for an hour.
inline AppStatus StatusOf(const AppRecord& record, const Look& look, const Fence& newest_fence,
                          int64_t now_us) {
  AppStatus status;
  status.fence = newest_fence;
  status.state = record.state;
  status.wanted = record.wanted;
  status.phases = record.phases;
  status.route_key = look.routes_intact ? RouteKeyIn(record.written_route_key) : "";
  status.serving_run_key = look.routes_intact ? record.site_run_key : "";
  status.exists = !look.replicas.empty() || !record.written_route_key.empty();
  for (const ReplicaReport& report : look.replicas) {
    if (report.replica.life != Life::kRunning || !record.targets.contains(report.replica.id))
      continue;
    ++status.ready;
    status.serving_run_key = report.run_key;
    status.image_digest = report.image_digest;
  }
  const ReplicaReport* newest = detail::Newest(record, look);
  if (newest) {
    status.container = detail::ContainerOf(record, *newest);
    status.restarts = newest->restarts;
    status.exit_code = newest->exit_code;
  }
  const std::string drift = DriftOf(record, look);
  status.converged = record.settled && drift.empty() && record.fence == newest_fence &&
                     status.ready == status.wanted;
  detail::Explain(status, record, drift, newest);
  constexpr int64_t kHour = 3'600'000'000;
  if (!record.mended.empty() && status.reason == NS_REASON_RUNNING &&
      now_us - record.mended_at_us < kHour)
    status.message += " Drift was put right: " + record.mended + ".";
  return status;
}

}  // namespace ns::sdk
