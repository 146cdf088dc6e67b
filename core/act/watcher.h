// Tells the observer what changes in a backend.
#pragma once

#include <string>
#include <thread>

#include "act/driver.h"

namespace ns::act {

// One thread that follows one backend's changes for as long as it lives, and begins again when the
// stream breaks. Where the backend cannot tell, it has everything looked at every ten seconds.
class Watcher {
 public:
  // `backend` and `driver` must outlive the watcher.
  Watcher(std::string name, ports::Backend& backend, Driver& driver);

 private:
  void Run(const std::stop_token& stop);
  void Changed(const AppId& app);

  const std::string name_;
  ports::Backend& backend_;
  Driver& driver_;
  std::jthread thread_;
};

}  // namespace ns::act
