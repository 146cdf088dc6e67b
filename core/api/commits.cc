// Who wrote which commit, and what they said.
#include <algorithm>
#include <map>
#include <set>

#include "api/convert.h"
#include "api/method.h"
#include "api/problem.h"
#include "api/remote.h"
#include "base/log.h"

namespace ns::api {
namespace {

using Hashes = std::set<std::string>;

constexpr int kMostHashes = 200;
constexpr size_t kMostRemotes = 3;  // that one call fetches from

Result<Hashes> ReadHashes(const pb::GetRepositoryCommitsRequest& in) {
  if (in.hashes_size() > kMostHashes) {
    return InvalidField("hashes", "must be at most " + std::to_string(kMostHashes) + ", got " +
                                      std::to_string(in.hashes_size()));
  }
  model::Violations violations;
  for (int i = 0; i < in.hashes_size(); ++i) {
    if (IsCommitHash(in.hashes(i))) continue;
    violations.push_back(
        {"hashes[" + std::to_string(i) + "]",
         "must have 40 lower-case hex characters, got " + model::Quoted(in.hashes(i))});
  }
  NS_TRY(CheckNone(violations));
  return Hashes(in.hashes().begin(), in.hashes().end());
}

// Those of one repository from its remote, kept from now on. A remote that cannot be read gives
// none, and is not asked again for a while: the answer about the others does not wait for it.
std::vector<model::Commit> Fetch(const Context& context, const Request& request,
                                 const RepositoryId& id, const std::vector<std::string>& hashes) {
  Clock& clock = context.parts.clock;
  const auto repository = context.store().repositories.Get(id);
  if (!repository.ok()) return {};
  auto commits = AskForCommits(context, request, *repository, hashes);
  if (!commits.ok()) {
    if (RemoteIsToBlame(commits.status())) context.failures.Note(id, clock.Monotonic());
    log::Debug("commits cannot be read",
               {{"repository", id.str()}, {"error", commits.status().ToString()}});
    return {};
  }
  const Status kept = context.store().repositories.SetCommits(id, {}, *commits);
  if (!kept.ok()) log::Debug("commits cannot be kept", {{"error", kept.ToString()}});
  return std::move(*commits);
}

// What is known of `seen` commits, by hash; the rest is looked up in the repositories it is from.
Result<std::map<std::string, model::Commit>> Find(const Context& context, const Request& request,
                                                  const std::vector<ports::CommitPlace>& seen) {
  Hashes hashes;
  for (const ports::CommitPlace& place : seen) hashes.insert(place.commit);
  NS_ASSIGN(const auto known, context.store().repositories.Commits({hashes.begin(), hashes.end()}));
  std::map<std::string, model::Commit> found;
  for (const model::Commit& commit : known) found.emplace(commit.hash, commit);
  std::map<RepositoryId, std::vector<std::string>> missing;
  for (const ports::CommitPlace& place : seen) {
    if (!found.contains(place.commit)) missing[place.repository].push_back(place.commit);
  }
  const ports::Call call = Within(context, request.call);  // all of them together
  const Request bounded{call, request.user, {}};
  size_t asked = 0;
  for (const auto& [repository, wanted] : missing) {
    if (context.failures.Recent(repository, context.parts.clock.Monotonic())) continue;
    if (++asked > kMostRemotes) break;
    for (model::Commit& commit : Fetch(context, bounded, repository, wanted)) {
      std::string hash = commit.hash;
      found.emplace(std::move(hash), std::move(commit));
    }
  }
  return found;
}

pb::SimpleCommit ToProto(const model::Commit& commit) {
  pb::SimpleCommit out;
  out.set_hash(commit.hash);
  out.set_author_name(commit.author);
  if (commit.date != kNever) *out.mutable_commit_date() = api::ToProto(commit.date);
  out.set_message(commit.message);
  return out;
}

// Whoever uses this installation sees every application, and with it what it was made of. A commit
// that no application is at or was built from is nobody's business here: its repository may be
// private.
Result<pb::GetRepositoryCommitsResponse> GetRepositoryCommits(
    const Context& context, const Request& request, const pb::GetRepositoryCommitsRequest& in) {
  NS_ASSIGN(const Hashes asked, ReadHashes(in));
  NS_ASSIGN(const auto seen, context.store().listings.Places({asked.begin(), asked.end()}));
  NS_ASSIGN(const auto found, Find(context, request, seen));
  pb::GetRepositoryCommitsResponse out;
  Hashes shown;
  for (const std::string& hash : in.hashes()) {
    const auto commit = found.find(hash);
    if (commit != found.end() && shown.insert(hash).second)
      *out.add_commits() = ToProto(commit->second);
  }
  return out;
}

}  // namespace

void OfferCommits(MethodTable& table) {
  Offer(table, std::string(kApiService) + "GetRepositoryCommits", GetRepositoryCommits);
}

}  // namespace ns::api
