// Applications in their tables: one row, and lists in tables of their own.
#pragma once

#include <string>
#include <vector>

#include "model/application.h"
#include "store/connection.h"
#include "store/sealing.h"

namespace ns::store {

enum class WithEnv { kNo, kYes };

// Those that `where` (SQL after WHERE, with its parameters) selects, in order of creation.
Result<std::vector<model::Application>> LoadApps(Connection& connection, const std::string& where,
                                                 const Params& params, WithEnv env,
                                                 const Sealing& sealing);
// kNotFound.
Result<model::Application> LoadApp(Connection& connection, const AppId& id, const Sealing& sealing);

// Owners, websites and ports as `app` has them, instead of those stored.
Status PutLists(Connection& connection, const model::Application& app);
}  // namespace ns::store
