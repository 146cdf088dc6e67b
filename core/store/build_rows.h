// Builds in their table.
#pragma once

#include <string>
#include <vector>

#include "model/build.h"
#include "store/connection.h"

namespace ns::store {

// For SELECT and RETURNING, read by ReadBuild.
extern const char kBuildColumns[];
void ReadBuild(Row& row, model::Build& out);
// `rest` is SQL after the name of the table.
Result<std::vector<model::Build>> LoadBuilds(Connection& connection, const std::string& rest,
                                             const Params& params = {});

}  // namespace ns::store
