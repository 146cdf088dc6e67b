// Random values for property tests of the decisions. Few ids, commits and names, so that they meet;
// also what no store would ever give, since the decisions are total.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
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

template <class T>
bool Has(const std::vector<T>& all, const T& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
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
  if (Number(3) == 0) build.image_state = static_cast<model::ImageState>(Number(2));
  build.finished_at = AnyTime();
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

// Of any build, also of one that is not there any more.
inline model::Release AnyRelease(const model::AppSnapshot& snapshot) {
  const model::Build build = AnyBuild(snapshot, 1 + Number(5));
  model::Application then = snapshot.app;
  if (Coin()) AnySettings(then);
  model::Release release = NewRelease(then, build.id, build.commit, build.image);
  release.id = IdOf<ReleaseId>(1 + Number(2));
  return release;
}

inline model::AppSnapshot AnySnapshot() {
  model::AppSnapshot snapshot = FreshApp();
  AnySettings(snapshot.app);
  snapshot.app.commit = OneOf<std::string>({"", model::kNoCommit, kCommitA, kCommitB});
  snapshot.app.deleted = Number(7) == 0;
  snapshot.app.target = AnyTarget();
  for (int n = Number(5); n > 0; --n) snapshot.builds.push_back(AnyBuild(snapshot, n));
  if (Coin()) snapshot.release = AnyRelease(snapshot);
  if (Number(3) == 0) {
    if (Coin()) snapshot.pinned = AnyRelease(snapshot);
    snapshot.app.pinned = snapshot.pinned ? snapshot.pinned->id : IdOf<ReleaseId>(9);
  }
  snapshot.now = AnyTime();
  return snapshot;
}

// Builds of up to four applications of three owners, and up to three builders.
inline model::QueueSnapshot AnyQueue() {
  model::QueueSnapshot queue;
  queue.now = AnyTime();
  for (int n = 1; n <= 4; ++n) {
    queue.apps[IdOf<AppId>(n)] = {IdOf<UserId>(1 + Number(2)), OneOf<std::string>({"cmd", "file"}),
                                  Coin()};
  }
  for (int n = 1; n <= 3; ++n) {
    if (Coin()) queue.served[IdOf<UserId>(n)] = AnyTime();
  }
  for (int n = 1, last = Number(12); n <= last; ++n) {
    model::Build build = AnyBuild(FreshApp(), n);
    build.app = IdOf<AppId>(1 + Number(4));  // the fifth is not told of
    const bool building = Number(3) == 0;
    build.status = building ? model::BuildStatus::kBuilding : model::BuildStatus::kQueued;
    (building ? queue.building : queue.queued).push_back(build);
  }
  for (int n = 1, last = Number(3); n <= last; ++n) {
    queue.builders.push_back(
        {IdOf<HostId>(n), Number(3), Number(3),
         OneOf<std::vector<std::string>>({{}, {"cmd"}, {"file"}, {"cmd", "file"}})});
  }
  return queue;
}

// Builds and releases are newest first, of releases also such whose build is gone.
inline model::AppHistory AnyHistory() {
  model::AppHistory history;
  const model::AppSnapshot snapshot = AnySnapshot();
  history.app = snapshot.app;
  history.app.pinned = IdOf<ReleaseId>(Number(6));
  history.app.target.release = IdOf<ReleaseId>(Number(6));
  for (int n = 5; n > 0; --n) history.builds.push_back(AnyBuild(snapshot, n));
  history.now = AnyTime() + std::chrono::hours(Number(40) * 24);
  for (int n = Number(6); n > 0; --n) {
    history.releases.push_back(AnyRelease(snapshot));
    history.releases.back().id = IdOf<ReleaseId>(n);
  }
  for (const model::Build& build : history.builds) {
    if (Coin()) history.logged.push_back(build.id);
  }
  return history;
}

}  // namespace ns::plan::testing

namespace ns::model {

// What RapidCheck prints of a case that fails.
inline void showValue(const Build& build, std::ostream& out) {
  out << "\n  build " << std::stoi("0" + build.id.str()) << " of app "
      << std::stoi("0" + build.app.str()) << " commit " << build.commit.substr(0, 3) << " key "
      << build.build_key.substr(0, 6) << " status " << static_cast<int>(build.status) << " attempt "
      << build.attempt << (build.retriable ? " retriable" : "")
      << (build.cancel_requested ? " cancel" : "") << (build.image.digest.empty() ? "" : " image ")
      << static_cast<int>(build.image_state) << ' ' << build.outcome.ToString();
}
inline void showValue(const AppSnapshot& snapshot, std::ostream& out) {
  const Application& app = snapshot.app;
  out << "commit " << app.commit.substr(0, 3) << " desired " << static_cast<int>(app.desired)
      << (app.deleted ? " deleted" : "") << " pinned " << app.pinned.str() << " target "
      << app.target.generation << " state " << static_cast<int>(app.target.state) << " release "
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
