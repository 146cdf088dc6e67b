// A controller on a real PostgreSQL, with a remote, a backend and a registry in memory.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "act/driver.h"
#include "act/world.h"
#include "base/log.h"
#include "scratch_postgres.h"
#include "store/pg_store.h"

namespace ns::bench {

// One branch "main" for each repository, at its own commit.
class Remotes final : public ports::GitRemote {
 public:
  explicit Remotes(std::string first) : first_(std::move(first)) {}
  void Push(const RepositoryId& repository, const std::string& commit) {
    std::lock_guard lock(mutex_);
    heads_[repository] = commit;
  }
  Result<std::vector<model::GitRef>> ListRefs(const ports::Call&,
                                              const ports::Remote& remote) override {
    std::lock_guard lock(mutex_);
    const auto head = heads_.find(remote.id);
    return std::vector<model::GitRef>{{"main", head == heads_.end() ? first_ : head->second}};
  }
  Result<std::vector<model::Commit>> Commits(const ports::Call&, const ports::Remote&,
                                             const std::vector<std::string>& hashes) override {
    std::vector<model::Commit> commits;
    for (const std::string& hash : hashes) commits.push_back({hash, "someone", kNever, "change"});
    return commits;
  }
  Status Checkout(const ports::Call&, const ports::Remote&, const std::string&, const std::string&,
                  const ports::LargeFiles&) override {
    return {};
  }
  Result<ports::HostKeyLook> HostKey(const ports::Call&, const ports::Remote&) override {
    return Status(Code::kUnsupported, "there is no SSH here");
  }

 private:
  const std::string first_;
  std::mutex mutex_;
  std::map<RepositoryId, std::string> heads_;
};

// Takes its time for a deploy, and counts.
class SlowBackend final : public ports::Backend {
 public:
  explicit SlowBackend(Duration deploy) : deploy_(deploy) {}
  std::atomic<int> most_at_once{0};
  std::atomic<int64_t> calls{0};

  Status Apply(const ports::Call& call, const model::DesiredApp& app) override {
    ++calls;
    const int now = ++at_once_;
    int most = most_at_once;
    while (now > most && !most_at_once.compare_exchange_weak(most, now)) {
    }
    std::this_thread::sleep_for(deploy_);
    --at_once_;
    return memory_.Apply(call, app);
  }
  Status Remove(const ports::Call& call, const AppId& app, const model::Fence& fence) override {
    ++calls;
    return memory_.Remove(call, app, fence);
  }
  Result<model::ObservedApp> Observe(const ports::Call& call, const AppId& app) override {
    ++calls;
    return memory_.Observe(call, app);
  }
  Result<std::vector<model::ObservedApp>> Survey(const ports::Call& call,
                                                 const std::vector<AppId>& apps) override {
    ++calls;
    return memory_.Survey(call, apps);
  }
  Status Watch(const ports::Call&, const std::function<void(const AppId&)>&) override {
    return {Code::kUnsupported, "not here"};
  }
  Result<std::vector<model::LogLine>> Logs(const ports::Call&, const ports::LogQuery&) override {
    return std::vector<model::LogLine>();
  }
  Result<std::vector<model::ReplicaUsage>> Usages(const ports::Call&) override {
    return std::vector<model::ReplicaUsage>();
  }

 private:
  const Duration deploy_;
  act::testing::MemoryBackend memory_;
  std::atomic<int> at_once_{0};
};

class Platform {
 public:
  // `applications` with their repositories, one variable each, at `commit`, never deployed; with
  // `built`, of a build that has succeeded. The loops run from Start on, and relist when asked.
  Platform(ScratchPostgres& postgres, int applications, bool built, Duration deploy);
  ~Platform();

  static AppId App(int number);
  static RepositoryId Repository(int number);

  // Called after each effect, one at a time; null: nobody. The watcher before is called no more
  // when this returns.
  using Watcher = std::function<void(const reconcile::Effect&, const reconcile::Outcome&)>;
  void Watch(Watcher watcher) {
    std::lock_guard lock(mutex_);
    watcher_ = std::move(watcher);
  }
  void Start();
  // Until nothing has been done for a while.
  void Quiet();
  void Wake(reconcile::Wake wake) { driver_->Wake(std::move(wake)); }

  ports::Store store() { return store_.store(); }
  Remotes remotes;
  SlowBackend backend;
  const HostId host;

 private:
  void MakeTemplate();
  void Multiply(int applications, bool built);

  ScratchPostgres& postgres_;
  store::PgStore store_;
  act::testing::MemoryRegistry registry_;
  act::Parts parts_;
  std::atomic<int64_t> effects_{0};
  std::mutex mutex_;
  Watcher watcher_;
  std::unique_ptr<act::Driver> driver_;
  std::jthread listener_;
};

}  // namespace ns::bench
