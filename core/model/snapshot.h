// One consistent read of everything that decisions about an application need.
#pragma once

#include <optional>
#include <vector>

#include "model/application.h"
#include "model/build.h"
#include "model/condition.h"
#include "model/deploy.h"
#include "model/repository.h"

namespace ns::model {

struct AppSnapshot {
  Application app;            // with env
  std::vector<Build> builds;  // newest first: the 50 newest, and of older ones those of the current
                              // commit and those to be built again
  std::optional<Release> release;       // of app.target, when there is one
  std::optional<ObservedApp> observed;  // last stored observation
  std::vector<Condition> conditions;
  bool resources_may_remain = false;  // tombstone: the backend has not confirmed removal
  Time now = kNever;                  // database's clock at the read
};

// The queue as the build starter sees it.
struct BuilderState {
  HostId host;
  int slots = 0;    // builds at once
  int running = 0;  // of ours, as the database knows
};
struct QueueSnapshot {
  std::vector<Build> queued;  // oldest first
  std::vector<Build> building;
  std::vector<BuilderState> builders;  // seen within their lease
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
};

}  // namespace ns::model
