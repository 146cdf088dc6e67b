// The Store port in memory: the same answers as the one on PostgreSQL, for tests and for the
// simulation. Deterministic: time is the given clock's, ids and tokens come from a counter. Hints
// reach subscribers on the writing thread, after the write.
#pragma once

#include <memory>

#include "base/clock.h"
#include "ports/store.h"

namespace ns::ports::testing {

struct FakeRows;

// [any-thread]
class FakeStore {
 public:
  explicit FakeStore(Clock& clock);
  ~FakeStore();

  // References to this store's parts.
  Store store();

  // From now on every method fails with `status` and does nothing; an ok status ends that.
  void FailWith(Status status);
  // No key opens the credentials of that repository from now on.
  void BreakSeal(const RepositoryId& id);
  // Every event there is, oldest first.
  std::vector<model::Event> Events();
  // The rows themselves (fake_rows.h), for a simulation that checks them and takes them back.
  FakeRows& rows() { return *rows_; }

 private:
  std::unique_ptr<FakeRows> rows_;
  std::unique_ptr<RepositoryStore> repositories_;
  std::unique_ptr<AppStore> apps_;
  std::unique_ptr<DeployStore> deploys_;
  std::unique_ptr<RetentionStore> retention_;
  std::unique_ptr<BuildStore> builds_;
  std::unique_ptr<BuildLogStore> logs_;
  std::unique_ptr<EventStore> events_;
  std::unique_ptr<UserStore> users_;
  std::unique_ptr<UserKeyStore> user_keys_;
  std::unique_ptr<TokenStore> tokens_;
  std::unique_ptr<AdminStore> admins_;
  std::unique_ptr<HostStore> hosts_;
  std::unique_ptr<SiteStore> sites_;
  std::unique_ptr<DetectionStore> detections_;
  std::unique_ptr<AuditStore> audit_;
  std::unique_ptr<RepeatStore> repeats_;
  std::unique_ptr<UsageStore> usage_;
  std::unique_ptr<TotalsStore> totals_;
  std::unique_ptr<ListingStore> listings_;
  std::unique_ptr<ReceivedStore> received_;
  std::unique_ptr<Hints> hints_;
};

}  // namespace ns::ports::testing
