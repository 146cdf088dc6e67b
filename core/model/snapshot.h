// One consistent read of everything that decisions about an application need.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/application.h"
#include "model/build.h"
#include "model/condition.h"
#include "model/deploy.h"
#include "model/repository.h"
#include "model/site.h"

namespace ns::model {

struct AppSnapshot {
  Application app;            // with env
  std::vector<Build> builds;  // newest first: the 50 newest, and of older ones those of the current
                              // commit and those to be built again
  std::optional<Release> release;       // of app.target, with env, when there is one
  std::optional<Release> pinned;        // of app.pinned, with env, when there is one
  std::optional<ObservedApp> observed;  // last stored observation
  std::vector<Condition> conditions;
  std::optional<SiteSpread> site;     // where `release` is an artifact
  bool resources_may_remain = false;  // tombstone: the backend has not confirmed removal
  int64_t version = 0;                // grows with every change that a decision could see
  Time now = kNever;                  // database's clock at the read
};

// Who acts on an application, as the database knows.
struct Attendance {
  HostId holder;          // the host whose loops act on it; empty: none yet
  Time expires = kNever;  // end of that host's lease; kNever: it has left, or there is none
  bool loaded = false;    // some host whose lease is alive loads the application's backend
  Time now = kNever;      // database's clock at the read
  bool Alive() const { return expires > now; }
  friend bool operator==(const Attendance&, const Attendance&) = default;
};

// All that the cleaner needs to know of an application.
struct AppHistory {
  Application app;                // without env
  bool removed = false;           // tombstone: the backend has confirmed that nothing is left
  std::vector<Release> releases;  // all, newest first, without env
  std::vector<Build> builds;      // all, newest first
  std::vector<BuildId> logged;    // those that have a log
  bool stuck = false;             // its condition "Cleanup" says that it cannot be worked on
  int64_t version = 0;            // as of AppSnapshot
  // Since when nothing of it is left but this and its id; kNever: it is there.
  Time purged = kNever;
  Time now = kNever;  // database's clock at the read
};

// The queue as the build starter sees it.
struct BuilderState {
  HostId host;
  int slots = 0;                       // builds at once
  int running = 0;                     // of ours, as the database knows
  std::vector<std::string> methods{};  // build methods it has plugins for; empty: not told
};

// What the order of the queue depends on, of one application.
struct QueueApp {
  UserId owner;              // the first of its owners
  std::string method;        // how it is built
  bool has_release = false;  // something of it can run already
};
struct QueueSnapshot {
  std::vector<Build> queued;  // oldest first
  std::vector<Build> building;
  std::map<AppId, QueueApp> apps;      // of all of these builds
  std::map<UserId, Time> served;       // owner -> when a build of theirs was last started, within
                                       // the last hour
  std::vector<BuilderState> builders;  // whose lease is alive
  Time now = kNever;
};

// A repository and who follows it.
struct Follower {
  AppId app;
  std::string ref;
  std::string commit;
};
struct RepositorySnapshot {
  Repository repository;  // with credentials
  std::vector<Follower> followers;
  Time now = kNever;    // database's clock at the read
  int64_t version = 0;  // another where anything of it but the owners is another
};

// A key of a relist. Where the version is what a loop had settled at, there is nothing to look at.
struct Versioned {
  std::string key;
  int64_t version = 0;    // 0: unknown, look
  std::string backend{};  // of an application of which something should be there; else empty
  friend bool operator==(const Versioned&, const Versioned&) = default;
};

// Reason of a failure to take or write what another host, whose lease is alive, holds.
inline constexpr char kHeldElsewhere[] = "HeldElsewhere";

}  // namespace ns::model
