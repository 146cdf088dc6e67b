// What is shown of an application besides its own row.
#pragma once

#include "api/convert.h"
#include "api/method.h"

namespace ns::api {

Result<AppFacts> FactsOf(const Context& context, const model::Application& app);

// Where an application answers: "http://host:port/path".
std::vector<std::string> UrlsOf(const model::Application& app, const model::PlatformInfo& platform);

}  // namespace ns::api
