// Builds as commands name them.
#pragma once

#include <string>

#include "context.h"

namespace ns::cli {

api::GetBuildsResponse BuildsOf(Context& context, const std::string& app);
// BUILD, or the newest build of an application that is named instead.
std::string BuildIdOf(Context& context, const std::string& given);
api::Build BuildOf(Context& context, const std::string& id);

void AddBuildResults(CLI::App& noun, Context& context);  // `show` and `artifact`, below `build`

}  // namespace ns::cli
