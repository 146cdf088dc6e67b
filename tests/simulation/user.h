// The people: what they do, through the store as the API does, and what they may rely on since.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "network.h"
#include "ports/faults/faulty.h"
#include "ports/testing/fake_rows.h"
#include "ports/testing/fake_store.h"
#include "sources.h"

namespace ns::sim {

enum class StepKind {
  kCreate,
  kPush,
  kPointBack,
  kSetEnv,
  kDropEnv,
  kSites,
  kStart,
  kStop,
  kRestart,
  kDelete,
  kCancel,
  kRetry,
  kFlipEnv,    // sets a variable and drops it at once
  kFlipSites,  // changes addresses and takes that back at once
  kFlood,      // pushes again and again, once in a run
  kRollBack,   // pins one of the last releases
  kUnpin
};

// One thing that the owner of an application does.
struct UserStep {
  Duration at{};
  int app = 0;  // index
  StepKind kind = StepKind::kPush;
  int64_t choice = 0;
};
std::string Describe(const UserStep& step);

// The steps of a seed, by time.
std::vector<UserStep> DrawSteps(Chance& chance, Duration until);

// What a person may rely on: each field is one of these. More than one: the outcome of a write is
// not known.
struct Promise {
  std::set<model::DesiredState> desired;
  std::map<std::string, std::set<std::optional<std::string>>> env;
  std::set<std::string> sites;  // as SitesText
  std::set<bool> deleted;
  std::set<ReleaseId> pinned;  // empty: to none
  bool created = false;        // acknowledged
  Duration restarted{};        // when the last restart that was acknowledged was asked for
};
std::string SitesText(const std::vector<model::Website>& sites);

class Users {
 public:
  Users(Scheduler& scheduler, Network& network, ports::testing::FakeStore& database, GitWorld& git);

  // Makes the user and the repositories.
  void SetUp();
  void Do(const std::vector<UserStep>& steps);
  // One step more, when its time has come; after what its owner is at then.
  void Also(const UserStep& step);
  // Whether all of them were taken and answered.
  bool Done() const { return process_->tasks.empty(); }
  // The database came back with what it was some time ago: from now on that is what is promised.
  void Rebase();
  // The first promise that is broken; empty: none.
  std::string Broken() const;
  // Created, acknowledged, and lost with the database's tail: nobody knows them any more.
  bool Lost(const AppId& app) const { return lost_.contains(app); }
  static AppId IdOf(int index);
  // The instance of the backend that it is to run in.
  static std::string BackendOf(const AppId& app);
  const std::map<AppId, Promise>& promises() const { return promises_; }

 private:
  void InTurn(const UserStep& step);
  void Take(const UserStep& step);
  void Create(int index);
  void Push(const UserStep& step);
  void PointBack(const UserStep& step);
  void SetEnv(const UserStep& step);
  void DropEnv(const UserStep& step);
  void Sites(const UserStep& step);
  // Whether there was an application to change; `before`: what it had.
  bool SetSites(const AppId& id, const std::vector<model::Website>& sites,
                std::vector<model::Website>* before);
  void FlipEnv(const UserStep& step);
  void FlipSites(const UserStep& step);
  void Flood(const UserStep& step);
  void Desire(const UserStep& step, model::DesiredState state, bool restart);
  void Delete(const UserStep& step);
  void RollBack(const UserStep& step);
  void Pin(const UserStep& step, const ReleaseId& release);
  void Cancel(const UserStep& step);
  void Retry(const UserStep& step);
  template <class T, class Write>
  void Promised(std::set<T>& allowed, const T& value, const Write& write);
  std::string UrlOf(int index) const { return "https://git.test/r" + std::to_string(index % 2); }
  std::string RefOf(int index) const { return index % 3 == 2 ? "dev" : "main"; }

  Scheduler& scheduler_;
  GitWorld& git_;
  ports::testing::FakeStore& database_;
  const std::shared_ptr<Process> process_ = std::make_shared<Process>("users");
  Link way_;
  ports::FaultyStore faulty_;
  const ports::Store store_;
  std::vector<UserId> owners_;  // of each repository and its applications
  std::map<AppId, Promise> promises_;
  std::set<AppId> lost_;
  std::vector<std::string> pushed_;
  int rebased_ = 0;
  bool flooded_ = false;
  std::set<int> busy_;                          // applications whose owners are at something
  std::list<std::function<void()>> under_way_;  // promises again what is being written
};

}  // namespace ns::sim
