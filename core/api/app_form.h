// The project's own form of an application: written, read, merged, compared.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "api/app_changes.h"
#include "api/method.h"
#include "model/application.h"
#include "model/validate.h"
#include "neoshowcase/platform/v1/application.pb.h"

namespace ns::api {

namespace platform = neoshowcase::platform::v1;

// `with_env`: for its owners. Nothing that is secret is in it.
platform::Application WriteApplication(const model::Application& app,
                                       const model::PlatformInfo& platform, bool with_env);

// Names of fields of a form.
using FormFields = std::set<std::string>;

// Those that a mask names; those that `form` has set where it names none. kInvalid.
Result<FormFields> FieldsOf(const google::protobuf::FieldMask& mask,
                            const platform::ApplicationForm& form);

// The form of `app` with `fields` as in `form`.
platform::ApplicationForm MergeForm(const model::Application& app,
                                    const platform::ApplicationForm& form,
                                    const FormFields& fields);

// `app` with `fields` as `form` says. What is wrong is added to `mistakes`, with fields such as
// "form.build.settings"; what nobody can be asked for, the result.
Result<model::Application> ReadForm(const Context& context, const platform::ApplicationForm& form,
                                    const FormFields& fields, model::Application app,
                                    Mistakes& mistakes);
// All of them.
const FormFields& AllFields();

// What differs, as fields: "name", "build.method", "env.KEY".
std::vector<std::string> Differences(const model::Application& before,
                                     const model::Application& after);
// The part of it that is about variables.
ports::EnvEdit EditOf(const model::Application& before, const model::Application& after);

// What compare-and-set is about.
std::string EtagOf(const model::Application& app);

}  // namespace ns::api
