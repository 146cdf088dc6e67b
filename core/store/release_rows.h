// Releases in their tables.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/build.h"
#include "store/connection.h"
#include "store/sealing.h"

namespace ns::store {

// Of one application, newest first, without env. `limit` 0: all.
Result<std::vector<model::Release>> LoadReleases(Connection& connection, const AppId& app,
                                                 int limit);
// One with its env; nullopt for an empty id and for one that is not there. `env`: SealBroken where
// a value does not open; the release comes without any then.
Result<std::optional<model::Release>> LoadRelease(Connection& connection, const ReleaseId& id,
                                                  const Sealing& sealing, Status& env);
// The same of many; those that are not there are left out.
struct LoadedRelease {
  model::Release release;
  Status env;
};
Result<std::map<ReleaseId, LoadedRelease>> LoadReleasesOf(Connection& connection,
                                                          const std::vector<ReleaseId>& ids,
                                                          const Sealing& sealing);
Status InsertRelease(Connection& connection, const AppId& app, int64_t generation,
                     const model::Release& release, const Sealing& sealing);

}  // namespace ns::store
