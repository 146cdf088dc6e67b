#include <map>
#include <set>

#include "model/repository_url.h"
#include "plan/conditions.h"
#include "plan/fetch.h"
#include "reconcile/loops.h"

namespace ns::reconcile {
namespace {

// What was loaded and told of a repository at the end of a pass.
struct Known {
  model::RepositorySnapshot snapshot;
  model::Condition told;
};

// (load) -> (look at the host key) -> list refs -> (pin it) -> (read metadata -> store) ->
// (condition). What a relist lists as it was
// need not be loaded, and that it still is so is told of many at once.
class FetcherPass final : public Pass {
 public:
  // `known`: of the pass before, where nothing has changed since; what is known at the end goes to
  // `keep`, which outlives the pass.
  FetcherPass(Key key, const Outlook& outlook, std::optional<Known> known,
              std::map<Key, Known>& keep)
      : id_(std::move(key)), outlook_(outlook), known_(std::move(known)), keep_(keep) {}

  Step Begin() override {
    if (!known_) return Effect(LoadRepository{id_});
    snapshot_ = known_->snapshot;
    return ListRemote();
  }

  Step Next(Outcome outcome) override {
    switch (at_) {
      case At::kLoad:
        return Loaded(std::move(outcome));
      case At::kHostKey:
        return LookedAt(std::move(outcome));
      case At::kRefs:
        return Listed(std::move(outcome));
      case At::kPin:
        return Pinned(std::move(outcome));
      case At::kCommits:
        return Read(std::move(outcome));
      case At::kStore:
        return Stored(std::move(outcome));
      case At::kCondition:
        break;
    }
    if (result_.ok() && outcome.ok() && moved_.empty()) return Remember(false);
    return Finished{result_.ok() ? outcome.status() : result_, std::move(wakes_), std::nullopt,
                    std::nullopt};
  }

 private:
  enum class At { kLoad, kHostKey, kRefs, kPin, kCommits, kStore, kCondition };

  Step Loaded(Outcome outcome) {
    if (!outcome.ok()) return Failed(outcome.status());
    snapshot_ = std::get<model::RepositorySnapshot>(std::move(*outcome));
    return ListRemote();
  }

  Step ListRemote() {
    if (snapshot_.followers.empty()) return Remember(false);  // nobody asks
    Result<ports::Remote> remote = ports::RemoteOf(snapshot_.repository);
    if (!remote.ok()) return Conclude(remote.status());
    remote_ = std::move(*remote);
    if (Unpinned()) {
      at_ = At::kHostKey;
      return Effect(LookAtHostKey{remote_});
    }
    at_ = At::kRefs;
    return Effect(ListRefs{remote_});
  }

  // No key is pinned for its SSH host yet: the first that it can be read with will be.
  bool Unpinned() const {
    const model::GitCredentials& git = snapshot_.repository.credentials;
    return git.method == model::GitAuth::kSsh && git.host_keys.empty();
  }

  Step LookedAt(Outcome outcome) {
    if (!outcome.ok()) return Conclude(outcome.status());
    ports::HostKeyLook look = std::get<ports::HostKeyLook>(std::move(*outcome));
    if (!look.verdict.ok()) return Conclude(look.verdict);
    remote_.credentials.host_keys = {std::move(look.line)};
    at_ = At::kRefs;
    return Effect(ListRefs{remote_});
  }

  Step Listed(Outcome outcome) {
    if (!outcome.ok()) return Conclude(outcome.status());
    refs_ = std::get<Refs>(std::move(*outcome));
    if (!Unpinned()) return Compare();
    at_ = At::kPin;
    return Effect(PinHostKeys{id_, remote_.url, remote_.credentials.host_keys});
  }

  Step Pinned(Outcome outcome) {
    if (outcome.ok()) return Compare();
    const Status& failure = outcome.status();
    // A person was faster, whose hint begins the next pass.
    if (failure.code() == Code::kStale && failure.reason() != model::kHeldElsewhere) return Done();
    return Conclude(failure);
  }

  Step Compare() {
    const Refs refs = std::move(refs_);
    ref_count_ = refs.size();
    moved_ = plan::Moved(snapshot_.followers, refs);
    if (moved_.empty()) return Conclude(Status());
    std::set<std::string> hashes;
    for (const model::Follower& follower : moved_) {
      if (follower.commit != model::kNoCommit) hashes.insert(follower.commit);
    }
    if (hashes.empty()) return Store({});
    at_ = At::kCommits;
    return Effect(ReadCommits{remote_, {hashes.begin(), hashes.end()}});
  }

  Step Read(Outcome outcome) {
    if (!outcome.ok()) return Conclude(outcome.status());
    return Store(std::get<Commits>(std::move(*outcome)));
  }

  Step Store(Commits commits) {
    at_ = At::kStore;
    return Effect(StoreCommits{id_, moved_, std::move(commits)});
  }

  Step Stored(Outcome outcome) {
    if (!outcome.ok()) return Conclude(outcome.status());
    for (const model::Follower& follower : moved_) {
      wakes_.push_back({LoopId::kRegisterer, follower.app.str()});
      wakes_.push_back({LoopId::kReleaser, follower.app.str()});
    }
    return Conclude(Status());
  }

  Step Conclude(Status result) {
    at_ = At::kCondition;
    result_ = std::move(result);
    condition_ = plan::FetchCondition(result_, ref_count_);
    if (result_.ok() && moved_.empty() && known_ &&
        !plan::ConditionsChanged({known_->told}, {condition_}))
      return Remember(true);
    model::Condition condition = condition_;
    condition.next_in = result_.ok() ? outlook_.on_success : outlook_.on_failure;
    return Effect(SaveConditions{model::Subject::kRepository, id_.str(), {std::move(condition)}});
  }

  Step Remember(bool unchanged) {
    Finished finished = Settled(snapshot_.version);
    finished.unchanged = unchanged;
    keep_[id_.str()] = {std::move(snapshot_), std::move(condition_)};
    return finished;
  }

  const RepositoryId id_;
  const Outlook outlook_;
  const std::optional<Known> known_;
  std::map<Key, Known>& keep_;
  At at_ = At::kLoad;
  model::RepositorySnapshot snapshot_;
  model::Condition condition_;
  ports::Remote remote_;
  Refs refs_;
  std::vector<model::Follower> moved_;
  size_t ref_count_ = 0;
  Status result_;
  std::vector<Wake> wakes_;
};

class Fetcher final : public Loop {
 public:
  LoopId id() const override { return LoopId::kFetcher; }
  std::unique_ptr<Pass> NewPass(const Key& key, const Outlook& outlook) override {
    std::optional<Known> known;
    if (auto node = known_.extract(key); outlook.unchanged && !node.empty())
      known = std::move(node.mapped());
    return std::make_unique<FetcherPass>(key, outlook, std::move(known), known_);
  }
  bool always_looks() const override { return true; }
  std::optional<Effect> Told(std::vector<model::Versioned> keys, const Outlook& outlook) override {
    TouchConditions touch{model::Subject::kRepository, {}, {"Fetch"}, outlook.on_success};
    for (model::Versioned& one : keys) touch.ids.push_back(std::move(one.key));
    return touch;
  }
  void Forget(const Key& key) override { known_.erase(key); }
  model::Subject subject() const override { return model::Subject::kRepository; }
  // A host that hangs, or that dislikes many callers, gets few of them.
  std::string GroupOf(const Effect& effect) const override {
    const auto* list = std::get_if<ListRefs>(&effect);
    const auto* look = std::get_if<LookAtHostKey>(&effect);
    if (list == nullptr && look == nullptr) return "";
    const std::string& text = list != nullptr ? list->remote.url : look->remote.url;
    const auto url = model::ParseRepositoryUrl(text);
    return url.ok() ? url->host : text;
  }
  const char* condition() const override { return "Fetch"; }

 private:
  std::map<Key, Known> known_;  // of those that are settled; with their credentials
};

}  // namespace

std::unique_ptr<Loop> NewFetcher() { return std::make_unique<Fetcher>(); }

}  // namespace ns::reconcile
