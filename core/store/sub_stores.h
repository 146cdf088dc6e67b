// The parts of PgStore. Each borrows the pool and the sealing.
#pragma once

#include <memory>

#include "ports/received_store.h"
#include "ports/store.h"
#include "store/bad_rows.h"
#include "store/pool.h"
#include "store/sealing.h"

namespace ns::store {

std::unique_ptr<ports::RepositoryStore> NewPgRepositories(Pool& pool, const Sealing& sealing,
                                                          BadRows& bad);
std::unique_ptr<ports::AppStore> NewPgApps(Pool& pool, const Sealing& sealing, BadRows& bad);
std::unique_ptr<ports::DeployStore> NewPgDeploys(Pool& pool, const Sealing& sealing, BadRows& bad);
std::unique_ptr<ports::RetentionStore> NewPgRetention(Pool& pool, const Sealing& sealing);
std::unique_ptr<ports::BuildStore> NewPgBuilds(Pool& pool, Random& random, BadRows& bad);
std::unique_ptr<ports::BuildLogStore> NewPgBuildLogs(Pool& pool);
std::unique_ptr<ports::EventStore> NewPgEvents(Pool& pool);
std::unique_ptr<ports::UserStore> NewPgUsers(Pool& pool, const Sealing& sealing, Random& random);
std::unique_ptr<ports::UserKeyStore> NewPgUserKeys(Pool& pool);
std::unique_ptr<ports::TokenStore> NewPgTokens(Pool& pool);
std::unique_ptr<ports::AdminStore> NewPgAdmins(Pool& pool);
std::unique_ptr<ports::HostStore> NewPgHosts(Pool& pool);
std::unique_ptr<ports::SiteStore> NewPgSites(Pool& pool);
std::unique_ptr<ports::DetectionStore> NewPgDetections(Pool& pool, Random& random);
std::unique_ptr<ports::AuditStore> NewPgAudit(Pool& pool);
std::unique_ptr<ports::RepeatStore> NewPgRepeats(Pool& pool, const Sealing& sealing);
std::unique_ptr<ports::UsageStore> NewPgUsage(Pool& pool);
std::unique_ptr<ports::TotalsStore> NewPgTotals(Pool& pool);
std::unique_ptr<ports::ListingStore> NewPgListings(Pool& pool, const Sealing& sealing,
                                                   BadRows& bad);
std::unique_ptr<ports::ReceivedStore> NewPgReceived(Pool& pool);

Status NoSuch(const std::string& what, const std::string& id);

}  // namespace ns::store
