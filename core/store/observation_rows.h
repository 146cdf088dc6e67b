// Observations in their table, and the events that a new one makes.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "model/condition.h"
#include "model/deploy.h"
#include "store/connection.h"

namespace ns::store {

Result<std::optional<model::ObservedApp>> LoadObservation(Connection& connection, const AppId& id);
// Of many; those that were never observed are not there.
Result<std::map<AppId, model::ObservedApp>> LoadObservations(Connection& connection,
                                                             const std::vector<AppId>& ids);
Status PutObservation(Connection& connection, const model::ObservedApp& observed);

// One "deploy.phase" event for each phase of `observed` that began after those of `before`. Pure.
std::vector<model::Event> PhaseEvents(const std::optional<model::ObservedApp>& before,
                                      const model::ObservedApp& observed);

}  // namespace ns::store
