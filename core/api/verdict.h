// Where an application stands, in one word and one sentence. Pure.
#pragma once

#include <string>

#include "base/secret.h"
#include "model/snapshot.h"

namespace ns::api {

enum class AppState {
  kUnknown = 0,
  kStopped = 1,
  kBuilding = 2,
  kDeploying = 3,
  kLive = 4,
  kFailed = 5,
  kSleeping = 6,
  kDeleting = 7
};

struct Verdict {
  AppState state = AppState::kUnknown;
  bool settled = false;  // nothing is under way for the last change
  bool ok = false;       // what the owner asked for is so
  bool serving = false;  // some release answers
  std::string summary;   // one sentence
};

// `key`: of build, run and route keys. `source` is the application's "Source" condition with what
// the fetcher met, or null.
Verdict Judge(const model::AppSnapshot& snapshot, const model::Condition* source,
              const Secret& key);

const model::Condition* FindCondition(const std::vector<model::Condition>& conditions,
                                      const std::string& type);

}  // namespace ns::api
