// The nouns of the model as the project's own package shows them.
#pragma once

#include <string>

#include "api/convert.h"
#include "api/timeline.h"
#include "model/condition.h"
#include "model/env.h"
#include "model/host.h"
#include "neoshowcase/platform/v1/platform.pb.h"
#include "plan/explain.h"

namespace ns::api {

namespace platform = neoshowcase::platform::v1;

platform::Condition ToProto(const model::Condition& condition);
platform::Link ToProto(const plan::WhyLink& link);
platform::BuildSummary Summarise(const model::Build& build);
platform::Deploy ToProto(const Timeline& timeline);
platform::Release ToProto(const model::Release& release);  // `current` is the caller's to say
platform::Plugin ToProto(const model::PluginState& plugin);
platform::Host ToProto(const model::Host& host);

// What may be read back of a variable: nothing of a secret one.
std::string ReadableValue(const model::EnvVar& variable);
platform::EnvVar ToProto(const model::EnvVar& variable);
// `otherwise` for ENV_SCOPE_UNSPECIFIED.
model::EnvScope FromProto(platform::EnvScope scope, model::EnvScope otherwise);

}  // namespace ns::api
