// Conditions and events inside a transaction.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/id.h"
#include "model/condition.h"
#include "store/connection.h"

namespace ns::store {

// Upserts by type; of two with one type the last counts.
Status PutConditions(Connection& connection, model::Subject subject, const std::string& id,
                     const std::vector<model::Condition>& conditions);
Result<std::vector<model::Condition>> ReadConditions(Connection& connection, model::Subject subject,
                                                     const std::string& id);
// Of many, by their ids; those that have none are not there.
using ConditionsById = std::map<std::string, std::vector<model::Condition>>;
Result<ConditionsById> ReadConditionsOf(Connection& connection, model::Subject subject,
                                        const std::vector<std::string>& ids);

// Appends what the triggers of the schema cannot tell; cursors of one subject grow in the order of
// commits. Call last in a transaction: it takes the subjects' locks.
Status PutEvents(Connection& connection, const std::vector<model::Event>& events);

// The events of this transaction are of `actor`: nobody is the platform.
Status ActAs(Connection& connection, const UserId& actor);
// An event of an application.
model::Event AppEvent(const AppId& app, const UserId& actor, std::string kind);

}  // namespace ns::store
