// What is held against claims: who runs what, until when, and whose turn it is.
#include <algorithm>

#include "checker.h"

namespace ns::sim {

using namespace std::chrono_literals;
using model::BuildStatus;

namespace {

// Three times what is fair between two owners, which is every other build.
constexpr int kMostOvertaken = 3;
// From hearing that there is nothing to build for until the build has stopped.
constexpr Duration kStops = 1s;

}  // namespace

// It may be told of what was lost with the database's tail, too: nothing is built for either.
void Checker::EffectEnds(const std::string& host, const reconcile::Request& request,
                         const reconcile::Outcome& outcome) {
  const auto* renew = std::get_if<reconcile::RenewClaims>(&request.effect);
  if (!renew || !outcome.ok()) return;
  const auto& renewals = std::get<reconcile::Renewals>(*outcome);
  for (size_t i = 0; i < renewals.size() && i < renew->claims.size(); ++i) {
    const auto attempt = attempt_of_.find(renew->claims[i].token);
    if (attempt == attempt_of_.end()) continue;
    const Code told = renewals[i].code();
    if (renewals[i].ok() || told == Code::kCancelled) {
      confirmed_[host].insert(attempt->second);
      told_lost_.erase({host, attempt->second});
    } else if (told == Code::kStale) {
      told_lost_.emplace(std::pair(host, attempt->second), scheduler_.now());
    }
  }
}

void Checker::Runs(const std::string& host, const std::string& attempt, bool begins) {
  if (!begins) {
    CheckHasStopped(host, attempt);
    running_.erase(attempt);
    return;
  }
  run_since_[{host, attempt}] = scheduler_.now();
  const bool alone = running_.emplace(attempt, host).second;
  if (!confirmed_[host].contains(attempt))
    Fail("I4", host + " runs attempt " + attempt + " and has not heard that the claim is its own");
  if (DatabaseHasLost(std::chrono::hours(1))) return;  // and gives the attempt again
  if (!alone) Fail("I4", "attempt " + attempt + " is run by two");
  if (pushed_.contains(attempt))
    Fail("I19", "attempt " + attempt + " is run again, and had its result");
}

// A build that nobody waits for takes the room of one that somebody does.
void Checker::CheckHasStopped(const std::string& host, const std::string& attempt) {
  const auto told = told_lost_.find({host, attempt});
  const Duration since = std::max(run_since_[{host, attempt}], paused_until_[host]);
  if (told != told_lost_.end() && scheduler_.now() > std::max(told->second, since) + kStops)
    Fail("I19", host + " runs attempt " + attempt + " on, and was told that its claim is lost");
  if (IsLate(host, attempt) && scheduler_.now() > since + kStops)
    Fail("I6", host + " runs attempt " + attempt + " after its lease");
}

// Who has stood still learns of it only when they have gone on.
bool Checker::IsLate(const std::string& host, const std::string& attempt) const {
  const auto expired = expired_.find(attempt);
  const auto paused = paused_until_.find(host);
  const Duration until = paused == paused_until_.end() ? Duration::zero() : paused->second;
  return expired != expired_.end() && !DatabaseHasLost(30s) &&
         scheduler_.now() > std::max(expired->second, until) + kStops;
}

void Checker::Pushes(const std::string& host, const std::string& attempt) {
  pushed_.insert(attempt);
  if (IsLate(host, attempt))
    Fail("I6", host + " pushes an image after its lease, of attempt " + attempt);
}

void Checker::CheckRenewal(const Rows& rows, const std::string& host) {
  for (auto& [id, known] : builds_) {
    const auto row = rows.builds.find(id);
    if (row == rows.builds.end()) continue;
    const model::Build& build = row->second.build;
    if (build.lease.expires == known.lease.expires) continue;
    if (build.status != BuildStatus::kBuilding || names_[build.lease.host] != host)
      Fail("I4", host + " renews the claim of build " + id.str() + ", which it does not hold");
    known.lease.expires = build.lease.expires;
  }
}

// What is purged has no build that may still push an image, and no image of those that have ended.
void Checker::CheckPurged(const BuildId& id, const KnownBuild& known) {
  if (DatabaseHasLost(60s)) return;
  if (!model::IsTerminal(known.status))
    Fail("I10", "an application is purged beside build " + id.str() + ", which has not ended");
  const ImageFacts* image = registry_.Find(known.digest);
  if (known.status == BuildStatus::kSucceeded && image && registry_.Has(image->app, known.digest))
    Fail("I10", "an application is purged and the image of build " + id.str() + " is left");
}

// `begun`: all that one decision has given out. An owner is overtaken when others have more running
// than they have, by a decision that knew of a build of theirs that could begin.
void Checker::CheckShares(const Rows& rows, const std::string& host,
                          const std::vector<const model::Build*>& begun) {
  const Duration asked = decided_[{host, begun.front()->id}];
  const Time asked_at = TrueClock(scheduler_).Now() -
                        std::chrono::duration_cast<Time::duration>(scheduler_.now() - asked);
  const auto owner_of = [&](const model::Build& build) {
    const auto app = rows.apps.find(build.app);
    return app == rows.apps.end() || app->second.app.owners.empty()
               ? UserId()
               : app->second.app.owners.front();
  };
  std::map<UserId, int> began, known_running, running;
  for (const model::Build* build : begun) ++began[owner_of(*build)];
  std::set<AppId> moved;  // not as the decision knew them
  for (const auto& [id, known] : builds_) {
    const auto row = rows.builds.find(id);
    if (row == rows.builds.end()) continue;
    const bool runs = known.status == BuildStatus::kBuilding, fresh = known.since >= asked;
    if (runs || fresh) moved.insert(row->second.build.app);
    if (runs || fresh) ++running[owner_of(row->second.build)];
    if (runs && (!fresh || known.since == scheduler_.now()))
      ++known_running[owner_of(row->second.build)];
  }
  std::map<UserId, int> overtaken;
  for (const auto& [id, known] : builds_) {
    const auto row = rows.builds.find(id);
    if (row == rows.builds.end() || known.status != BuildStatus::kQueued) continue;
    const model::Build& build = row->second.build;
    const UserId owner = owner_of(build);
    if (known.since >= asked || build.not_before > asked_at || moved.contains(build.app) ||
        began.contains(owner) || overtaken.contains(owner))
      continue;
    overtaken[owner] = overtaken_[owner];
    for (const auto& [other, count] : began)
      if (known_running[other] > running[owner]) overtaken[owner] += count;
    if (overtaken[owner] > kMostOvertaken)
      Fail("I18", "builds of others begin, and one of " + owner.str() + " that could does not");
  }
  overtaken_ = std::move(overtaken);
}

}  // namespace ns::sim
