// Builds in their table.
#pragma once

#include <string>
#include <vector>

#include "model/build.h"
#include "store/bad_rows.h"
#include "store/connection.h"

namespace ns::store {

// For SELECT and RETURNING, read by ReadBuild.
extern const char kBuildColumns[];
void ReadBuild(Row& row, model::Build& out);
// A build that cannot be read is told to `left_out`; without that, kInternal names it.
Result<std::vector<model::Build>> ReadBuilds(const Rows& rows, BadRows* left_out);
// The same; `rest` is SQL after the name of the table.
Result<std::vector<model::Build>> LoadBuilds(Connection& connection, const std::string& rest,
                                             const Params& params = {},
                                             BadRows* left_out = nullptr);

}  // namespace ns::store
