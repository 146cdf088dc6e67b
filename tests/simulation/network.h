// What stands between a process and what it calls: time, partitions, failures, lost answers.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "ports/faults/plan.h"
#include "scheduler.h"
#include "swarm.h"
#include "trace.h"

namespace ns::sim {

enum class Peer { kStore, kGit, kRegistry, kDocker, kPlugin, kEngine };
inline constexpr std::array<std::string_view, 6> kPeerNames = {"store",  "git",    "registry",
                                                               "docker", "plugin", "engine"};

// What does not get through where a host is cut from a peer. Requests that arrive take effect
// though their answers are lost.
enum class Cut { kBoth, kRequests, kAnswers };
inline constexpr std::array<std::string_view, 3> kCutNames = {"both ways", "on the way there",
                                                              "on the way back"};

// The state of all ways, and how often what goes wrong.
class Network {
 public:
  Network(Scheduler& scheduler, Trace& trace, uint64_t seed, FaultSet faults);

  // Nothing goes wrong any more.
  void Calm();
  bool calm() const { return calm_; }
  bool Has(FaultClass fault) const { return !calm_ && faults_.Has(fault); }
  // Whether or not all is calm by now.
  bool Had(FaultClass fault) const { return faults_.Has(fault); }
  Chance& chance() { return chance_; }

  void Sever(const std::string& host, Peer peer, Cut cut, Duration until) {
    cut_[{host, peer}] = {cut, until};
  }
  // For messages that a cut of kind `way` stops: requests or answers.
  bool IsCut(const std::string& host, Peer peer, Cut way) const;
  void DatabaseDown(Duration until) { database_down_ = until; }
  bool IsDatabaseDown() const { return !calm_ && scheduler_.now() < database_down_; }

  // How long a message takes.
  Duration Delay(Peer peer);
  // A hint or event on its way to a process: lost, or its delays, one for each time it comes.
  std::vector<Duration> Hint();

  // Called when a call is made.
  std::function<void(const std::string& host, std::string_view method)> asks;
  // Called when a call has taken effect, before anything else happens: host, "AppStore.SetEnv".
  std::function<void(const std::string& host, std::string_view method)> took_effect;

 private:
  friend class Link;
  bool Strikes(FaultClass fault, int per_mille) {
    return Has(fault) && chance_.PerMille(per_mille);
  }

  Scheduler& scheduler_;
  Trace& trace_;
  const FaultSet faults_;
  Chance chance_;
  const int fails_, lost_, slow_, crash_, hint_lost_;  // per mille of calls
  bool calm_ = false;
  std::map<std::pair<std::string, Peer>, std::pair<Cut, Duration>> cut_;
  Duration database_down_{};
};

// The way of one process to one peer. Used in tasks only.
class Link final : public ports::FaultPlan {
 public:
  Link(Network& network, std::shared_ptr<Process> process, Peer peer)
      : network_(network), process_(std::move(process)), peer_(peer) {}

  Status Before(const ports::FaultPoint& point) override;
  void After(const ports::FaultPoint& point) override;
  Status Lost(const ports::FaultPoint& point) override;
  // A moment inside a plugin in which it may take its process with it.
  void MayDieIn(std::string_view what);

 private:
  Status OutOfReach(const char* why);
  void MayCrash(const ports::FaultPoint& point);
  bool Reachable(Cut way) const;

  Network& network_;
  const std::shared_ptr<Process> process_;
  const Peer peer_;
};

}  // namespace ns::sim
