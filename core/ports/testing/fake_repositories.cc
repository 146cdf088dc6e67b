#include <functional>

#include "model/authorized_key.h"
#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {
namespace {

Status CheckUrl(const FakeState& rows, const model::Repository& repository) {
  for (const auto& [id, other] : rows.repositories) {
    if (id == repository.id) continue;
    if (other.url == repository.url)
      return Status(Code::kExists,
                    "a repository with the URL " + repository.url + " is registered");
  }
  return {};
}

Status CheckOwners(const FakeState& rows, const std::vector<UserId>& owners) {
  for (const UserId& owner : owners) {
    if (!rows.users.contains(owner)) return NoSuch("user", owner.str());
  }
  return {};
}

// What does not open stays as it is stored.
model::Repository WithSealed(model::Repository next, const model::GitCredentials& stored) {
  if (!next.credentials.seal_broken) return next;
  next.credentials.password = stored.password;
  next.credentials.ssh_private_key = stored.ssh_private_key;
  next.credentials.seal_broken = stored.seal_broken;
  return next;
}

std::vector<model::Follower> FollowersOf(const FakeState& rows, const RepositoryId& id) {
  std::vector<model::Follower> followers;
  for (const auto& [app_id, row] : rows.apps) {
    if (row.app.repository == id && !row.app.deleted)
      followers.push_back({app_id, row.app.ref, row.app.commit});
  }
  return followers;
}

int64_t VersionOf(const FakeState& rows, const model::RepositorySnapshot& snapshot) {
  const model::Repository& repository = snapshot.repository;
  const model::GitCredentials& git = repository.credentials;
  const auto holder = rows.repository_holders.find(repository.id);
  std::string text = repository.name + "\n" + repository.url + "\n" + git.username + "\n" +
                     std::to_string(static_cast<int>(git.method)) + git.password.Reveal() + "\n" +
                     git.ssh_private_key.Reveal() + "\n" + model::KeyFingerprints(git.host_keys) +
                     "\n" + (holder == rows.repository_holders.end() ? "" : holder->second.str());
  for (const model::Follower& follower : snapshot.followers)
    text += "\n" + follower.app.str() + " " + follower.ref + " " + follower.commit;
  return static_cast<int64_t>(std::hash<std::string>()(text)) | 1;
}

model::RepositorySnapshot SnapshotOf(const FakeState& rows, const model::Repository& repository,
                                     Time now) {
  model::RepositorySnapshot snapshot{repository, FollowersOf(rows, repository.id), now};
  snapshot.version = VersionOf(rows, snapshot);
  return snapshot;
}

class FakeRepositories final : public RepositoryStore {
 public:
  explicit FakeRepositories(FakeRows& rows) : rows_(rows) {}

  Status Insert(const model::Repository& repository, const UserId& actor,
                const RepositoryWrite& with) override {
    return rows_.Write([&](FakeState& rows, Time now, HintList& hints) -> Status {
      if (rows.repositories.contains(repository.id))
        return Status(Code::kExists, "this repository is registered");
      NS_TRY(Put(rows, repository, with, now, hints));
      Tell(rows, repository, actor, "repository.created", now);
      TellHostKeys(rows, repository, {}, actor, now);
      return {};
    });
  }
  Status Update(const model::Repository& repository, const UserId& actor,
                const RepositoryWrite& with) override {
    return rows_.Write([&](FakeState& rows, Time now, HintList& hints) -> Status {
      if (!rows.repositories.contains(repository.id))
        return NoSuch("repository", repository.id.str());
      if (with.expected && rows.repositories.at(repository.id) != *with.expected)
        return Stale("the repository was changed by somebody else meanwhile");
      const model::GitCredentials before = rows.repositories.at(repository.id).credentials;
      const auto& keys = before.host_keys;
      NS_TRY(Put(rows, WithSealed(repository, before), with, now, hints));
      TellHostKeys(rows, repository, keys, actor, now);
      Tell(rows, repository, actor, "repository.updated", now);
      return {};
    });
  }
  Status Delete(const RepositoryId& id, const UserId& actor) override {
    return rows_.Write([&](FakeState& rows, Time now, HintList&) -> Status {
      if (!rows.repositories.contains(id)) return NoSuch("repository", id.str());
      for (const auto& [app_id, row] : rows.apps) {
        if (row.app.repository == id)
          return Status(Code::kPrecondition,
                        "applications of this repository exist: delete them first");
      }
      Tell(rows, rows.repositories.at(id), actor, "repository.deleted", now);
      rows.repositories.erase(id);
      std::erase_if(rows.detections, [&](const auto& one) { return one.task.repository == id; });
      rows.repository_holders.erase(id);
      rows.conditions.erase({model::Subject::kRepository, id.str()});
      return {};
    });
  }
  Result<model::Repository> Get(const RepositoryId& id) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<model::Repository> {
      const auto found = rows.repositories.find(id);
      if (found == rows.repositories.end()) return NoSuch("repository", id.str());
      return found->second;
    });
  }
  Result<std::vector<model::Repository>> List() override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<model::Repository>> {
      std::vector<model::Repository> all;
      for (const auto& [id, repository] : rows.repositories) {
        all.push_back(repository);
        all.back().credentials = {repository.credentials.method, "", Secret(), Secret()};
      }
      std::ranges::stable_sort(all, {}, &model::Repository::name);
      return all;
    });
  }
  Result<model::RepositorySnapshot> Snapshot(const RepositoryId& id) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<model::RepositorySnapshot> {
      const auto found = rows.repositories.find(id);
      if (found == rows.repositories.end()) return NoSuch("repository", id.str());
      return SnapshotOf(rows, found->second, now);
    });
  }
  Result<model::RepositorySnapshot> Take(const RepositoryId& id, const HostId& holder) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<model::RepositorySnapshot> {
      const auto found = rows.repositories.find(id);
      if (found == rows.repositories.end()) return NoSuch("repository", id.str());
      HostId& held_by = rows.repository_holders[id];
      if (!holder.empty() && rows.Alive(holder, now) && !rows.Alive(held_by, now)) {
        held_by = holder;
        TellHolder(rows, id, holder, now);
      }
      NS_TRY(rows.CheckHeld(held_by, holder, now));
      return SnapshotOf(rows, found->second, now);
    });
  }
  Result<std::vector<model::Versioned>> Index(const HostId& holder) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<std::vector<model::Versioned>> {
      std::vector<model::Versioned> index;
      for (const auto& [id, repository] : rows.repositories) {
        const HostId& held_by = rows.repository_holders[id];
        if (rows.CheckHeld(held_by, holder, now).ok())
          index.push_back({id.str(), SnapshotOf(rows, repository, now).version});
        else if (!rows.Alive(held_by, now))
          index.push_back({id.str(), 0});
      }
      return index;
    });
  }
  Status SetCommits(const RepositoryId& id, const std::vector<model::Follower>& moved,
                    const std::vector<model::Commit>& commits, const HostId& holder) override {
    return rows_.Write([&](FakeState& rows, Time now, HintList& hints) -> Status {
      NS_TRY(rows.CheckHeld(rows.repository_holders[id], holder, now));
      for (const model::Commit& commit : commits) rows.commits.try_emplace(commit.hash, commit);
      for (const model::Follower& follower : moved) {
        FakeApp* row = rows.FindLiveApp(follower.app);
        if (!row || row->app.ref != follower.ref || row->app.commit == follower.commit) continue;
        const AppChange change(rows, *row, now);
        row->app.commit = follower.commit;
        row->Changed(now);
        HintApp(hints, follower.app);
      }
      return {};
    });
  }
  Status PinHostKeys(const RepositoryId& id, const std::string& url,
                     const std::vector<std::string>& keys, const HostId& holder) override {
    return rows_.Write([&](FakeState& rows, Time now, HintList& hints) -> Status {
      NS_TRY(rows.CheckHeld(rows.repository_holders[id], holder, now));
      const auto found = rows.repositories.find(id);
      if (found == rows.repositories.end() || found->second.url != url ||
          !found->second.credentials.host_keys.empty())
        return Stale("the repository has other host keys or URL meanwhile");
      found->second.credentials.host_keys = keys;
      TellHostKeys(rows, found->second, {}, kPlatform, now);
      hints.push_back({Hint::Kind::kRepository, id.str()});
      return {};
    });
  }
  Result<std::vector<model::Commit>> Commits(const std::vector<std::string>& hashes) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<model::Commit>> {
      std::vector<model::Commit> known;
      for (const std::string& hash : std::set<std::string>(hashes.begin(), hashes.end())) {
        if (const auto found = rows.commits.find(hash); found != rows.commits.end())
          known.push_back(found->second);
      }
      return known;
    });
  }

 private:
  static void Tell(FakeState& rows, const model::Repository& repository, const UserId& actor,
                   const char* kind, Time now) {
    model::Event event =
        EventOf(rows, model::Subject::kRepository, repository.id.str(), actor, kind);
    event.message = repository.name;
    AppendEvent(rows, std::move(event), now);
  }
  static void TellHostKeys(FakeState& rows, const model::Repository& repository,
                           const std::vector<std::string>& before, const UserId& actor, Time now) {
    const auto& keys = repository.credentials.host_keys;
    if (keys == before) return;
    model::Event event =
        EventOf(rows, model::Subject::kRepository, repository.id.str(), actor, "host_keys.changed");
    event.message = model::KeyFingerprints(keys);
    AppendEvent(rows, std::move(event), now);
  }
  static Status Put(FakeState& rows, const model::Repository& repository,
                    const RepositoryWrite& with, Time now, HintList& hints) {
    const auto key = rows.keys.find(with.spent);
    const bool usable = key != rows.keys.end() && key->second.expires > now;
    if (!with.spent.empty() && !usable)
      return Status(Code::kPrecondition, "KeySpent",
                    "the generated key is used already, or expired");
    NS_TRY(CheckUrl(rows, repository));
    NS_TRY(CheckOwners(rows, repository.owners));
    if (usable) rows.keys.erase(key);
    rows.repositories[repository.id] = repository;
    hints.push_back({Hint::Kind::kRepository, repository.id.str()});
    return {};
  }

  FakeRows& rows_;
};

}  // namespace

std::unique_ptr<RepositoryStore> NewFakeRepositories(FakeRows& rows) {
  return std::make_unique<FakeRepositories>(rows);
}

}  // namespace ns::ports::testing
