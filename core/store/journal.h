// Conditions and events inside a transaction.
#pragma once

#include <string>
#include <vector>

#include "model/condition.h"
#include "store/connection.h"

namespace ns::store {

// Upserts by type; of two with one type the last counts.
Status PutConditions(Connection& connection, model::Subject subject, const std::string& id,
                     const std::vector<model::Condition>& conditions);
Result<std::vector<model::Condition>> ReadConditions(Connection& connection, model::Subject subject,
                                                     const std::string& id);

// Appends; cursors of one subject grow in the order of commits. Call last in a transaction: it
// takes the subject's lock.
Status PutEvent(Connection& connection, const model::Event& event);

}  // namespace ns::store
