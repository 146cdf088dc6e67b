// The role `controller`: the loops, and what watches the backends for them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "act/driver.h"
#include "act/sampler.h"
#include "act/watcher.h"
#include "base/secret.h"
#include "plan/cleanup.h"

namespace ns::host {

struct ControllerOptions {
  Secret plan_key;
  int64_t epoch = 0;
  std::string page_upstream;  // of stopped applications: "http://127.0.0.1:port"
  std::string site_upstream;  // of static sites, as well
  plan::Retention retention;
};

class Controller {
 public:
  // Runs from now on. `parts` must outlive the controller.
  Controller(const act::Parts& parts, const ControllerOptions& options);

  // [any-thread]
  void Hinted(const ports::Hint& hint);
  // Everything that this host may hold is looked at. [any-thread]
  void Relist();
  // What the loops have done, as model::Host::figures tells it. [any-thread]
  std::vector<std::string> Figures();

 private:
  act::Driver driver_;
  std::vector<std::unique_ptr<act::Watcher>> watchers_;  // end before the driver that they wake
  std::vector<std::unique_ptr<act::Sampler>> samplers_;
};

}  // namespace ns::host
