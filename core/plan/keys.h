// The three keys of an application: what must be built, replaced, rewritten. Pure.
#pragma once

#include <string>

#include "base/secret.h"
#include "model/application.h"
#include "model/build.h"

namespace ns::plan {

// Everything a build of `commit` sees: method, settings, artifact path, variables of build scope.
std::string BuildKey(const Secret& key, const model::Application& app, const std::string& commit);

// Everything a container depends on: of the release the image by digest, entrypoint, command and
// variables; of the application the published ports and the restart nonce.
std::string RunKey(const Secret& key, const model::Application& app, const model::Release& release);

// Everything routes depend on: addresses, and the page shown while nothing runs.
std::string RouteKey(const Secret& key, const model::Application& app,
                     const std::string& page_reason);

}  // namespace ns::plan
