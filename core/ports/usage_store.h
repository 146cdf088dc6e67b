// A short history of what applications use.
#pragma once

#include <string>
#include <vector>

#include "base/id.h"
#include "base/status.h"
#include "model/usage.h"

namespace ns::ports {

// [any-thread]
class UsageStore {
 public:
  virtual ~UsageStore() = default;
  // Drops those of the same backend and span that ended `keep` before this one. kExists: somebody
  // else has told of that backend, span and moment.
  virtual Status Put(const model::UsageBatch& batch, Duration keep) = 0;
  // Whether anybody has told of that backend, span and moment.
  virtual Result<bool> Told(const std::string& backend, std::chrono::seconds span, Time at) = 0;
  // Of one application on `backend`, that ended from `from` on and before `until`; of any span, in
  // no order.
  virtual Result<std::vector<model::UsagePoint>> Series(const std::string& backend,
                                                        const AppId& app, Time from,
                                                        Time until) = 0;
};

}  // namespace ns::ports
