// Applications in their tables: one row, and lists in tables of their own.
#pragma once

#include <string>
#include <vector>

#include "model/application.h"
#include "store/bad_rows.h"
#include "store/connection.h"
#include "store/sealing.h"

namespace ns::store {

enum class WithEnv { kNo, kWhatOpens };

// Those that `where` (SQL after WHERE, with its parameters) selects, in order of creation. One that
// cannot be read is told to `left_out`; without that, kInternal names it.
Result<std::vector<model::Application>> LoadApps(Connection& connection, const std::string& where,
                                                 const Params& params, WithEnv env,
                                                 const Sealing& sealing,
                                                 BadRows* left_out = nullptr);
// Those that `where` selects with ids, owners, websites and ports alone, which always read.
Result<std::vector<model::Application>> LoadHoldings(Connection& connection,
                                                     const std::string& where,
                                                     const Params& params);
// kNotFound.
Result<model::Application> LoadApp(Connection& connection, const AppId& id, WithEnv env,
                                   const Sealing& sealing);

// Owners, websites and ports as `app` has them, instead of those stored.
Status PutLists(Connection& connection, const model::Application& app);
}  // namespace ns::store
