// What webhooks share: deliveries that were here before, which repositories a URL names, and hints
// that are not sent more often than they help.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "ports/store.h"

namespace ns::api {

// Deliveries of the last day, or the newest 20,000. [any-thread]
class Deliveries {
 public:
  bool Seen(const std::string& delivery, Duration now);
  void Remember(const std::string& delivery, Duration now);

 private:
  void Forget(Duration now) NS_REQUIRES(mutex_);

  Mutex mutex_;
  std::set<std::string> known_ NS_GUARDED_BY(mutex_);
  std::deque<std::pair<Duration, std::string>> order_ NS_GUARDED_BY(mutex_);  // oldest first
};

// Repositories by normalised URL, read from the store at most once a second. [any-thread]
class RepositoryUrls {
 public:
  struct Found {
    std::set<RepositoryId> ids;
    bool sure = true;  // false: none, but the store was last asked before the URLs were named
  };
  // Those that have one of `urls`, which were named at `named`. One that was registered less than
  // five seconds ago may be left out where another has one of them too.
  Result<Found> Find(const std::set<std::string>& urls, Duration named,
                     ports::RepositoryStore& store, Duration now);

 private:
  std::set<RepositoryId> Known(const std::set<std::string>& urls) const NS_REQUIRES(mutex_);
  Status Load(ports::RepositoryStore& store, Duration now) NS_REQUIRES(mutex_);

  Mutex mutex_;
  bool asked_ NS_GUARDED_BY(mutex_) = false;
  Duration asked_at_ NS_GUARDED_BY(mutex_){};
  Status outcome_ NS_GUARDED_BY(mutex_);
  std::multimap<std::string, RepositoryId> by_url_ NS_GUARDED_BY(mutex_);
};

// For each repository a hint at once, then at most one each second, and always one after the last
// that was asked for. Not for several threads.
class HintTurns {
 public:
  // Whether to send now; else it is due later.
  bool Ask(const RepositoryId& id, Duration now);
  // Those whose turn has come, each once.
  std::vector<RepositoryId> Due(Duration now);
  // One of those could not be sent: it is due again in a second.
  void Again(const RepositoryId& id, Duration now);
  // All that is still owed, due or not.
  std::vector<RepositoryId> TakeAll();

 private:
  struct Turn {
    Duration next{};
    bool owed = false;
  };
  std::map<RepositoryId, Turn> turns_;
};

// [any-thread]
class Hooks {
 public:
  // Both must outlive it.
  Hooks(ports::Store store, const Clock& clock) : store_(store), clock_(clock) {}
  // Sends what is owed.
  ~Hooks();

  bool Seen(const std::string& delivery) { return deliveries_.Seen(delivery, clock_.Monotonic()); }
  void Remember(const std::string& delivery) { deliveries_.Remember(delivery, clock_.Monotonic()); }
  // Has every repository looked at that has one of these URLs: at once, or when SendOwed is called
  // and its turn has come. A failure: perhaps not.
  Status Hint(const std::set<std::string>& urls) { return Hint(urls, clock_.Monotonic()); }
  void SendOwed();

 private:
  Status Hint(const std::set<std::string>& urls, Duration named);
  Status Send(const RepositoryId& id);
  void AskForUnsure();

  const ports::Store store_;
  const Clock& clock_;
  Deliveries deliveries_;
  RepositoryUrls urls_;
  Mutex mutex_;
  HintTurns turns_ NS_GUARDED_BY(mutex_);
  // URLs to be asked for again, and when each was named last.
  std::map<std::string, Duration> unsure_ NS_GUARDED_BY(mutex_);
};

}  // namespace ns::api
