// Asks what an application used.
#pragma once

#include <string>

#include "context.h"

namespace ns::cli {

// Samples of one metric of the last so many seconds.
api::ApplicationMetrics SamplesOf(Context& context, const std::string& app_id,
                                  const std::string& metric, int64_t seconds);

void AddMetrics(CLI::App& noun, Context& context);  // below `app`
void AddTop(CLI::App& root, Context& context);

}  // namespace ns::cli
