// The builder role: runs the builds that the build starter has claimed for this host.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <stop_token>
#include <thread>

#include "act/build_job.h"
#include "act/worker_pool.h"
#include "base/mutex.h"

namespace ns::act {

class Builder {
 public:
  // `parts` must outlive the builder. `slots`: builds at once.
  Builder(const Parts& parts, BuildParts build_parts, HostId host, int slots);
  // Gives up what runs: it is queued again for the next builder.
  ~Builder();

  // "Look at what is claimed for this host." [any-thread]
  void Wake() NS_EXCLUDES(mutex_);

 private:
  struct Running {
    model::Build build;
    std::stop_source cancel;
    Duration held_until{};            // by our own clock: the claim surely holds so long
    std::atomic<bool> asked = false;  // somebody wants it cancelled
    bool ended = false;               // of the mutex: settled, or given up
  };

  void Run(const std::stop_token& stop);
  void TakeUp();
  void Sweep(const std::vector<model::Build>& building) const;
  void Renew();
  void Attempt(Running& running);
  void Requeue(model::BuildResult& result, int attempt);
  void Settle(const Running& running, const model::BuildResult& result) const;

  const Parts& parts_;
  const BuildParts build_parts_;
  const HostId host_;
  Mutex mutex_;
  std::condition_variable_any woken_;
  bool wake_ NS_GUARDED_BY(mutex_) = false;
  bool leaving_ NS_GUARDED_BY(mutex_) = false;
  bool swept_ = false;  // of the thread
  std::map<BuildId, std::shared_ptr<Running>> running_ NS_GUARDED_BY(mutex_);
  WorkerPool pool_;
  std::jthread thread_;
};

}  // namespace ns::act
