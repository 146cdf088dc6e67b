// Keeps mirrors of repositories that are gone from filling the disk.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "ports/store.h"

namespace ns::host {

// Sweeps the folder of mirrors every ten minutes (git/sweep.h) on a thread of its own.
class MirrorKeeper {
 public:
  // `repositories`: what is registered; null: nobody knows here, as on a builder without a
  // database. What is given must outlive the keeper.
  MirrorKeeper(std::string folder, ports::RepositoryStore* repositories, Clock& clock);

 private:
  void Run(const std::stop_token& stop);
  void Sweep();

  const std::string folder_;
  ports::RepositoryStore* const repositories_;
  Clock& clock_;
  std::jthread thread_;
};

}  // namespace ns::host
