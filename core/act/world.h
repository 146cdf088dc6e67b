// A small world for tests: a remote, a backend and an engine in memory that the real loops, driver
// and builder work on.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/mutex.h"
#include "ports/backend.h"
#include "ports/build.h"
#include "ports/git_remote.h"
#include "ports/registry.h"

namespace ns::act::testing {

// One branch "main"; the test moves it.
class MemoryRemote final : public ports::GitRemote {
 public:
  void Push(const std::string& commit) {
    Lock lock(mutex_);
    head_ = commit;
  }
  Result<std::vector<model::GitRef>> ListRefs(const ports::Call&, const ports::Remote&) override {
    Lock lock(mutex_);
    return std::vector<model::GitRef>{{"main", head_}};
  }
  Result<std::vector<model::Commit>> Commits(const ports::Call&, const ports::Remote&,
                                             const std::vector<std::string>& hashes) override {
    std::vector<model::Commit> commits;
    for (const std::string& hash : hashes) commits.push_back({hash, "someone", kNever, "change"});
    return commits;
  }
  Status Checkout(const ports::Call&, const ports::Remote&, const std::string&, const std::string&,
                  const ports::LargeFiles& large) override {
    Lock lock(mutex_);
    if (large.fetch && !progress_.empty()) large.progress(progress_);
    return {};
  }
  Result<ports::HostKeyLook> HostKey(const ports::Call&, const ports::Remote&) override {
    return Status(Code::kUnsupported, "there is no SSH here");
  }
  // What a checkout with files in Git LFS says of them from now on.
  void SayOfLfs(const std::string& text) {
    Lock lock(mutex_);
    progress_ = text;
  }

 private:
  Mutex mutex_;
  std::string head_ NS_GUARDED_BY(mutex_), progress_ NS_GUARDED_BY(mutex_);
};

class MemoryMethod final : public ports::BuildMethod {
 public:
  Result<ports::BuildPlan> Plan(const ports::Call&, const ports::BuildRequest&) override {
    ports::BuildPlan plan;
    Lock lock(mutex_);
    plan.builder = builder_;
    if (builder_.empty()) plan.dockerfile_text = "FROM scratch\n";
    plan.export_path = export_path_;
    return plan;
  }
  Result<std::vector<ports::Suggestion>> Detect(const ports::Call&,
                                                const ports::SourceListing&) override {
    Lock lock(mutex_);
    return suggestions_;
  }
  // What it plans to export from now on.
  void Export(const std::string& path) {
    Lock lock(mutex_);
    export_path_ = path;
  }
  // Plans buildpacks of that image from now on.
  void Builder(const std::string& image) {
    Lock lock(mutex_);
    builder_ = image;
  }
  void Suggest(Result<std::vector<ports::Suggestion>> suggestions) {
    Lock lock(mutex_);
    suggestions_ = std::move(suggestions);
  }

 private:
  Mutex mutex_;
  std::string export_path_ NS_GUARDED_BY(mutex_), builder_ NS_GUARDED_BY(mutex_);
  Result<std::vector<ports::Suggestion>> suggestions_ NS_GUARDED_BY(mutex_) =
      std::vector<ports::Suggestion>();
};

// Builds an image whose digest is that of the reference, or exports the archive that it was given;
// fails as often as it is told to.
class MemoryEngine final : public ports::BuildEngine {
 public:
  explicit MemoryEngine(bool buildpack = false) : buildpack_(buildpack) {}
  void FailNext(std::vector<Status> failures) {
    Lock lock(mutex_);
    failures_ = std::move(failures);
  }
  int runs() {
    Lock lock(mutex_);
    return runs_;
  }
  void ExportNext(std::string tar) {
    Lock lock(mutex_);
    tar_ = std::move(tar);
  }
  ports::EngineAbilities Abilities() const override {
    ports::EngineAbilities abilities;
    abilities.dockerfile = abilities.exports = true;
    abilities.buildpack = buildpack_;
    return abilities;
  }
  Result<ports::EngineOutput> Run(const ports::Call&, const ports::EngineJob& job,
                                  const std::function<void(std::string_view)>& log) override {
    log("step 1\n");
    Lock lock(mutex_);
    ++runs_;
    if (!failures_.empty()) {
      const Status failure = failures_.front();
      failures_.erase(failures_.begin());
      return failure;
    }
    ports::EngineOutput output;
    if (job.plan.export_path.empty()) {
      output.image = {job.reference, "sha256:" + Sha256Hex(job.reference), 1};
      return output;
    }
    NS_TRY(job.artifact(tar_));
    output.kind = ports::OutputKind::kArtifact;
    output.artifact_bytes = static_cast<int64_t>(tar_.size());
    return output;
  }
  Status Abort(const ports::Call&, const BuildId&) override { return {}; }

 private:
  const bool buildpack_;
  Mutex mutex_;
  std::string tar_ NS_GUARDED_BY(mutex_);
  std::vector<Status> failures_ NS_GUARDED_BY(mutex_);
  int runs_ NS_GUARDED_BY(mutex_) = 0;
};

// Makes whatever is asked for at once, and remembers in which order.
class MemoryBackend final : public ports::Backend {
 public:
  std::vector<model::DesiredApp> applied() {
    Lock lock(mutex_);
    return applied_;
  }
  bool Has(const AppId& app) {
    Lock lock(mutex_);
    return there_.contains(app);
  }
  // Someone else removes it.
  void Lose(const AppId& app) {
    Lock lock(mutex_);
    there_.erase(app);
  }

  Status Apply(const ports::Call&, const model::DesiredApp& app) override {
    Lock lock(mutex_);
    if (app.fence < fences_[app.id]) return Stale("a newer fence was seen");
    fences_[app.id] = app.fence;
    applied_.push_back(app);
    model::ObservedApp& seen = there_[app.id];
    seen = {};
    seen.id = app.id;
    seen.exists = seen.converged = true;
    seen.fence = app.fence;
    seen.state = app.state;
    seen.route_key = app.route_key;
    if (app.site) seen.serving_run_key = app.run_key;
    if (!app.processes.empty()) {
      seen.serving_run_key = app.run_key;
      seen.container = model::ContainerState::kRunning;
      seen.ready = seen.wanted = 1;
    }
    seen.reason = "Running";
    return {};
  }
  Status Remove(const ports::Call&, const AppId& app, const model::Fence&) override {
    Lock lock(mutex_);
    there_.erase(app);
    return {};
  }
  Result<model::ObservedApp> Observe(const ports::Call&, const AppId& app) override {
    Lock lock(mutex_);
    const auto found = there_.find(app);
    if (found != there_.end()) return found->second;
    model::ObservedApp nothing;
    nothing.id = app;
    nothing.fence = fences_[app];
    return nothing;
  }
  Result<std::vector<model::ObservedApp>> Survey(const ports::Call& call,
                                                 const std::vector<AppId>& apps) override {
    std::vector<model::ObservedApp> seen;
    for (const AppId& app : apps) {
      NS_ASSIGN(auto one, Observe(call, app));
      seen.push_back(std::move(one));
    }
    return seen;
  }
  Status Watch(const ports::Call&, const std::function<void(const AppId&)>&) override {
    return {Code::kUnsupported, "not here"};
  }
  Result<std::vector<model::LogLine>> Logs(const ports::Call&, const ports::LogQuery&) override {
    return std::vector<model::LogLine>();
  }
  Result<std::vector<model::ReplicaUsage>> Usages(const ports::Call&) override {
    Lock lock(mutex_);
    return usages_;
  }
  void SetUsages(std::vector<model::ReplicaUsage> usages) {
    Lock lock(mutex_);
    usages_ = std::move(usages);
  }

 private:
  Mutex mutex_;
  std::map<AppId, model::ObservedApp> there_ NS_GUARDED_BY(mutex_);
  std::map<AppId, model::Fence> fences_ NS_GUARDED_BY(mutex_);
  std::vector<model::DesiredApp> applied_ NS_GUARDED_BY(mutex_);
  std::vector<model::ReplicaUsage> usages_ NS_GUARDED_BY(mutex_);
};

class MemoryRegistry final : public ports::Registry {
 public:
  std::string RepositoryFor(const AppId& app) const override {
    return "registry.test:5000/" + app.str();
  }
  Status Ping(const ports::Call&) override { return {}; }
  Result<std::string> Digest(const ports::Call&, const AppId&, const std::string&) override {
    return NotFound("no such tag");
  }
  Result<std::vector<std::string>> Tags(const ports::Call&, const AppId&) override {
    return std::vector<std::string>();
  }
  Status Delete(const ports::Call&, const AppId&, const std::string&) override { return {}; }
};

}  // namespace ns::act::testing
