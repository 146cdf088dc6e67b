// Keeps the embedded registry from growing for ever.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "base/clock.h"
#include "ports/store.h"
#include "registry/embedded.h"

namespace ns::host {

// Collects what deleted images have left, every `period`, at a moment when no build is under way:
// one that is would have to push again. Until it is through none begins, see collects(). The time
// of the last collection outlives the process.
class RegistryCollector {
 public:
  // What is given must outlive the collector.
  RegistryCollector(registry::EmbeddedRegistry registry, Duration period, ports::BuildStore& builds,
                    supervise::Supervisor& supervisor, Clock& clock);

  // It does so now: what is pushed meanwhile is refused. [any-thread]
  bool collects() const { return collects_; }

 private:
  void Run(const std::stop_token& stop);
  bool Due() const;
  bool Quiet() const;
  void Collect(const std::stop_token& stop);
  std::string Mark() const { return registry_.folder + "/collected"; }

  const registry::EmbeddedRegistry registry_;
  const Duration period_;
  ports::BuildStore& builds_;
  supervise::Supervisor& supervisor_;
  Clock& clock_;
  std::atomic<bool> collects_ = false;
  std::jthread thread_;
};

}  // namespace ns::host
