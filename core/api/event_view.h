// Events as they are shown.
#pragma once

#include <string>

#include "api/method.h"
#include "model/condition.h"
#include "neoshowcase/platform/v1/event.pb.h"

namespace ns::api {

// `actor`: the name of who did it.
neoshowcase::platform::v1::Event ToProto(const model::Event& event, const std::string& actor);

// The name of a user, where `actor` is the id of one that is known, else itself.
std::string NameOfActor(const Context& context, const std::string& actor);

}  // namespace ns::api
