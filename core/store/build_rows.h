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
// The same of a list that others read too: leaves out what cannot be read.
std::vector<model::Build> ReadReadableBuilds(const Rows& rows, BadRows& bad);
// `rest` is SQL after the name of the table. A build that cannot be read is told to `left_out`;
// without that, kInternal names it.
Result<std::vector<model::Build>> LoadBuilds(Connection& connection, const std::string& rest,
                                             const Params& params = {},
                                             BadRows* left_out = nullptr);

}  // namespace ns::store
