// Looks at the storage every minute, so that nobody who asks how it is has to wait for it.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "model/host.h"
#include "plugin/plugin_host.h"

namespace ns::host {

class StorageHealth {
 public:
  // `instance` is the one that the configuration names; where it is loaded as no storage, that is
  // told once and nothing is looked at. The first look begins at once.
  StorageHealth(const std::string& instance, const std::vector<plugin::Loaded>& loaded,
                Clock& clock);

  // Puts the last look into the state of the storage, where that is well otherwise. [any-thread]
  void AddTo(std::vector<model::PluginState>& states);

 private:
  void Run(const std::stop_token& stop);
  void Look(const std::stop_token& stop);

  const std::string instance_;
  ports::Storage* storage_ = nullptr;
  Clock& clock_;
  Guarded<Status> last_;
  std::jthread thread_;  // last: uses the others
};

}  // namespace ns::host
