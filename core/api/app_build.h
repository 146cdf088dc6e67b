// How an application of the own form is built: any method, held against what builders say of it.
#pragma once

#include <set>
#include <string>

#include "api/build_config.h"
#include "api/method.h"
#include "model/validate.h"
#include "neoshowcase/platform/v1/application.pb.h"

namespace ns::api {

// "a, b, c".
std::string Listed(const std::set<std::string>& names);

// Instances of backends that hosts have now.
Result<std::set<std::string>> Backends(const Context& context);

// What `form` says of build, run and site. Settings of a method that the public API knows are held
// against that; those of any method against the schema that a builder which is up tells of it. A
// method that neither knows is refused. `violations` name "form.build.method" and the like.
Result<BuildConfig> ReadBuild(const Context& context,
                              const neoshowcase::platform::v1::ApplicationForm& form,
                              model::Violations& violations);

}  // namespace ns::api
