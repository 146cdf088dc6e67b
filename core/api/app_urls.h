// Where applications answer.
#pragma once

#include <string>
#include <vector>

#include "model/application.h"
#include "model/platform.h"

namespace ns::api {

// Where an application answers: "http://host:port/path".
std::vector<std::string> UrlsOf(const model::Application& app, const model::PlatformInfo& platform);

}  // namespace ns::api
