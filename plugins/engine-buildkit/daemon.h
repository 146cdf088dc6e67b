// The buildkitd of this instance: a helper that outlives the host.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "config.h"
#include "ns/sdk/host.h"

namespace ns::engine_buildkit {

// Text of its configuration file. `folder`: the instance's; `cgroup`: the instance's, in which
// "rest" is for steps that name none; `runc`: what starts steps. Pure.
std::string DaemonToml(const Config& config, const std::string& folder, const std::string& cgroup,
                       const std::string& runc);

// [any-thread]
class Daemon {
 public:
  Daemon(sdk::Host host, const Config& config, std::string folder, std::string cgroup);

  // Sees to it that it runs and answers. Throws EngineUnavailable: the operator's fault where a
  // program is missing, else the platform's.
  void Ensure(const sdk::Call& call);
  bool Answers() const;
  // Changes when it is started again; 0: it does not run.
  int64_t pid() const;
  std::string address() const { return "unix://" + Socket(); }
  std::string Buildctl() const;
  // Has it forget the logs of builds that have ended: what a step has printed stands in them.
  void ForgetHistory(const sdk::Call& call) const;
  // Drops layers and cache mounts that were unused longest until no more than `cache` is there;
  // buildkitd by itself looks at that once a minute.
  void BoundCache(const sdk::Call& call) const;

 private:
  std::string Socket() const { return folder_ + "/buildkitd.sock"; }
  struct Said {
    bool exited = false;  // by itself
    int exit_code = 0;
    std::string text;
  };
  Said Ask(const sdk::Call& call, const std::vector<std::string>& words, int seconds) const;
  void CheckMachine() const;
  // Undoes the mounts of steps of a daemon that was killed: the next one does not.
  void SweepMounts();

  const sdk::Host host_;
  const Config config_;
  const std::string folder_, cgroup_;
  std::mutex mutex_;
  int64_t swept_for_ = 0;  // pid of the daemon after whose start that was done
};

}  // namespace ns::engine_buildkit
