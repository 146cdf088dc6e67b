// The Git remotes, the registry and what is known of what lies there.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/build.h"
#include "model/env.h"
#include "ports/git_remote.h"
#include "ports/registry.h"

namespace ns::sim {

// What becomes of a commit.
struct CommitFacts {
  bool builds = true;  // false: its build fails, and it is the source's fault
  bool starts = true;  // false: its container ends at once
};

// All remotes, by URL.
class GitWorld {
 public:
  void Push(const std::string& url, const std::string& ref, const std::string& hash,
            CommitFacts facts) {
    refs_[url][ref] = hash;
    commits_[hash] = facts;
  }
  void Point(const std::string& url, const std::string& ref, const std::string& hash) {
    refs_[url][ref] = hash;
  }
  // Commit of a ref, or model::kNoCommit.
  std::string Head(const std::string& url, const std::string& ref) const;
  const std::map<std::string, std::string>& Refs(const std::string& url) { return refs_[url]; }
  CommitFacts Facts(const std::string& hash) const;
  bool Knows(const std::string& hash) const { return commits_.contains(hash); }

 private:
  std::map<std::string, std::map<std::string, std::string>> refs_;
  std::map<std::string, CommitFacts> commits_;
};

// How one host sees them. `disk`: folder -> the commit that was checked out into it.
class GitPort final : public ports::GitRemote {
 public:
  GitPort(GitWorld& world, std::map<std::string, std::string>& disk) : world_(world), disk_(disk) {}
  Result<std::vector<model::GitRef>> ListRefs(const ports::Call&, const ports::Remote&) override;
  Result<std::vector<model::Commit>> Commits(const ports::Call&, const ports::Remote&,
                                             const std::vector<std::string>&) override;
  Status Checkout(const ports::Call&, const ports::Remote&, const std::string&, const std::string&,
                  const ports::LargeFiles&) override;
  Result<ports::HostKeyLook> HostKey(const ports::Call&, const ports::Remote&) override {
    return Status(Code::kUnsupported, "there is no SSH here");
  }

 private:
  GitWorld& world_;
  std::map<std::string, std::string>& disk_;
};

// What an image was made of.
struct ImageFacts {
  std::string app, build, commit;
  int attempt = 0;
  std::vector<model::EnvVar> env;  // that the build saw
  bool late = false;               // pushed when its application was gone
};

class RegistryWorld final : public ports::Registry {
 public:
  // A new image under a new digest.
  std::string Push(const std::string& reference, ImageFacts facts);
  const ImageFacts* Find(const std::string& digest) const;
  // An image of another application; none where nobody else has one.
  std::optional<model::Image> OfAnother(const std::string& app) const;
  // But for those pushed late, which nobody can know of.
  bool HasAny(const std::string& app) const;
  bool Has(const std::string& app, const std::string& digest) const;

  std::string RepositoryFor(const AppId& app) const override { return "registry/ns/" + app.str(); }
  Status Ping(const ports::Call&) override { return {}; }
  Result<std::string> Digest(const ports::Call&, const AppId&, const std::string& tag) override;
  Result<std::vector<std::string>> Tags(const ports::Call&, const AppId&) override;
  Status Delete(const ports::Call&, const AppId&, const std::string& digest) override;

  int64_t deletions = 0;
  // An image is about to be deleted.
  std::function<void(const std::string& app, const std::string& digest)> deletes;

 private:
  std::map<std::string, std::map<std::string, std::string>> tags_;  // app -> tag -> digest
  std::map<std::string, ImageFacts> facts_;                         // of all there ever were
  int64_t pushed_ = 0;
};

}  // namespace ns::sim
