// Tells the synchronizer what changes in a backend.
#pragma once

#include <string>
#include <thread>

#include "act/driver.h"

namespace ns::act {

// One thread that follows one backend's changes for as long as it lives, and begins again when the
// stream breaks.
class Watcher {
 public:
  // `backend`, `store` and `driver` must outlive the watcher.
  Watcher(std::string name, ports::Backend& backend, ports::AppStore& apps, Driver& driver);

 private:
  void Run(const std::stop_token& stop);
  void Changed(const AppId& app);

  const std::string name_;
  ports::Backend& backend_;
  ports::AppStore& apps_;
  Driver& driver_;
  std::jthread thread_;
};

}  // namespace ns::act
