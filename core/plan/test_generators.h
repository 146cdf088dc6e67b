// Random values for property tests of the decisions. Few ids, commits and names, so that they meet;
// also what no store would ever give, since the decisions are total.
#pragma once

#include <rapidcheck.h>

#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "plan/deploy.h"
#include "plan/test_snapshots.h"

namespace ns::plan::testing {

// From 0 to `most`, each as likely from the first case on.
inline int Number(int most) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, most + 1));
}
inline bool Coin() { return Number(1) == 1; }
template <class T>
T OneOf(std::vector<T> values) {
  return values[static_cast<size_t>(Number(static_cast<int>(values.size()) - 1))];
}
template <class T, class Make>
std::vector<T> Several(int most, Make make) {
  std::vector<T> out;
  for (int n = Number(most); n > 0; --n) out.push_back(make());
  return out;
}

inline std::string AnyCommit() {
  return OneOf<std::string>({kCommitA, kCommitB, std::string(40, 'c'), std::string(40, 'd')});
}
inline std::string AnyWord() {
  return OneOf<std::string>({"", "a", "b", "ab", "a b", "'open", "port", "env"});
}

// Unique names, as the store has them.
inline std::vector<model::EnvVar> AnyEnv() {
  std::vector<model::EnvVar> env;
  for (const char* name : {"A", "AB", "B", "PORT"}) {
    if (!Coin()) continue;
    env.push_back(
        {name, Secret(AnyWord()), static_cast<model::EnvScope>(Number(2)), Coin(), false});
  }
  return env;
}

inline std::vector<model::Website> AnyWebsites() {
  std::vector<model::Website> out;
  for (int n = Number(3); n > 0; --n) {
    out.push_back({IdOf<WebsiteId>(n), OneOf<std::string>({"a.example.com", "b.example.com"}),
                   OneOf<std::string>({"/", "/api"}), Coin(), Coin(), Coin(),
                   OneOf<int>({80, 8080}), static_cast<model::AuthPolicy>(Number(2))});
  }
  return out;
}

inline model::PortPublication AnyPort() {
  return {30000 + Number(2), 80 + Number(2), static_cast<model::Protocol>(Number(1))};
}

// What an owner can set.
inline void AnySettings(model::Application& app) {
  app.name = AnyWord();
  app.build = {OneOf<std::string>({"runtime-cmd", "runtime-dockerfile"}), AnyWord()};
  app.artifact_path = AnyWord();
  app.run.entrypoint = AnyWord();
  app.run.command = AnyWord();
  app.websites = AnyWebsites();
  app.ports = Several<model::PortPublication>(2, AnyPort);
  app.env = AnyEnv();
  app.restart_nonce = Number(2);
  app.desired = static_cast<model::DesiredState>(Number(2));
}

inline Status AnyOutcome() {
  Status status(OneOf<Code>({Code::kInvalid, Code::kUnavailable, Code::kCancelled, Code::kInternal,
                             Code::kPrecondition, Code::kDeadline}),
                OneOf<std::string>({"", model::kSuperseded, "CommandFailed"}), AnyWord());
  status.SetFault(static_cast<Fault>(Number(3)));
  if (Coin()) status.SetRetryAfter(std::chrono::seconds(Number(9)));
  return status;
}

inline Time AnyTime() { return Time(std::chrono::seconds(990 + Number(20))); }

inline model::Build AnyBuild(const model::AppSnapshot& snapshot, int n) {
  model::Build build =
      BuildOf(snapshot, n, AnyCommit(), static_cast<model::BuildStatus>(Number(5)));
  if (Number(3) == 0) build.build_key = AnyWord();
  if (Number(3) == 0) build.image = {};
  if (model::IsTerminal(build.status)) build.outcome = AnyOutcome();
  build.attempt = Number(model::kMaxAttempts + 1);
  build.retriable = Number(3) == 0;
  build.cancel_requested = Number(3) == 0;
  build.lease.expires = AnyTime();
  build.not_before = AnyTime();
  return build;
}

inline model::Target AnyTarget() {
  return {Number(3), static_cast<model::DesiredState>(Number(2)), IdOf<ReleaseId>(Number(2)),
          AnyWord(), AnyWord()};
}

inline model::AppSnapshot AnySnapshot() {
  model::AppSnapshot snapshot = FreshApp();
  AnySettings(snapshot.app);
  snapshot.app.commit = OneOf<std::string>({"", model::kNoCommit, kCommitA, kCommitB});
  snapshot.app.deleted = Number(7) == 0;
  snapshot.app.target = AnyTarget();
  for (int n = Number(5); n > 0; --n) snapshot.builds.push_back(AnyBuild(snapshot, n));
  if (Coin()) {
    const model::Build released = AnyBuild(snapshot, 1 + Number(5));
    model::Application then = snapshot.app;
    if (Coin()) AnySettings(then);
    snapshot.release = NewRelease(then, released.id, released.commit, released.image);
    snapshot.release->id = IdOf<ReleaseId>(Number(2));
  }
  snapshot.now = AnyTime();
  return snapshot;
}

// Build n is of one of four applications.
inline model::QueueSnapshot AnyQueue() {
  model::QueueSnapshot queue;
  queue.now = AnyTime();
  for (int n = 1, last = Number(12); n <= last; ++n) {
    model::Build build = AnyBuild(FreshApp(), n);
    build.app = IdOf<AppId>(1 + Number(3));
    const bool building = Number(3) == 0;
    build.status = building ? model::BuildStatus::kBuilding : model::BuildStatus::kQueued;
    (building ? queue.building : queue.queued).push_back(build);
  }
  for (int n = 1, last = Number(3); n <= last; ++n)
    queue.builders.push_back({IdOf<HostId>(n), Number(3), Number(3)});
  return queue;
}

}  // namespace ns::plan::testing

namespace ns::model {

// What RapidCheck prints of a case that fails.
inline void showValue(const Build& build, std::ostream& out) {
  out << "\n  build " << std::stoi("0" + build.id.str()) << " of app "
      << std::stoi("0" + build.app.str()) << " commit " << build.commit.substr(0, 3) << " key "
      << build.build_key.substr(0, 6) << " status " << static_cast<int>(build.status) << " attempt "
      << build.attempt << (build.retriable ? " retriable" : "")
      << (build.cancel_requested ? " cancel" : "") << (build.image.digest.empty() ? "" : " image")
      << ' ' << build.outcome.ToString();
}
inline void showValue(const AppSnapshot& snapshot, std::ostream& out) {
  const Application& app = snapshot.app;
  out << "commit " << app.commit.substr(0, 3) << " desired " << static_cast<int>(app.desired)
      << (app.deleted ? " deleted" : "") << " target " << app.target.generation << " state "
      << static_cast<int>(app.target.state) << " release "
      << (snapshot.release ? snapshot.release->build.str() : "none") << " websites "
      << app.websites.size() << " ports " << app.ports.size();
  for (const EnvVar& variable : app.env)
    out << ' ' << variable.key << '=' << variable.value.Reveal() << '/'
        << static_cast<int>(variable.scope);
  for (const Build& build : snapshot.builds) showValue(build, out);
}
inline void showValue(const QueueSnapshot& queue, std::ostream& out) {
  out << "queued:";
  for (const Build& build : queue.queued) showValue(build, out);
  out << "\nbuilding:";
  for (const Build& build : queue.building) showValue(build, out);
  for (const BuilderState& builder : queue.builders)
    out << "\nbuilder " << builder.running << " of " << builder.slots;
}

}  // namespace ns::model
