// Applications in the form of the ApplicationService, and in that of the APIService. Pure.
#pragma once

#include "form/form.h"
#include "neoshowcase/platform/v1/application.pb.h"

namespace ns::cli::form {

// What `form` is to say, in place of what the server has stored: fields of that which are not known
// here, as those of a newer server, stay with the part or the address that they belong to.
// Method, settings, and how it runs or is served:
void TakeBuild(const Build& build, const platform::ApplicationForm& stored,
               platform::ApplicationForm& form);
void TakeWebsites(const std::vector<api::CreateWebsiteRequest>& websites,
                  const platform::ApplicationForm& stored, platform::ApplicationForm& form);
void TakePorts(const std::vector<api::PortPublication>& ports,
               const platform::ApplicationForm& stored, platform::ApplicationForm& form);
// What is wrong with `build` in the place of what is stored: that this would delete settings which
// are not known here, as those of a newer server. Empty: nothing is lost.
std::string LossIn(const platform::ApplicationForm& stored, const Build& build);
// What is stored of how it is built, by whichever method.
Build BuildOf(const platform::ApplicationForm& form);
// Why the YAML form has no place for that; empty: it has.
std::string BeyondForm(const platform::ApplicationForm& form);
// As APIService shows it, as far as it is wanted or set: without what was observed. The
// configuration is empty where that knows no such method.
api::Application FromOwn(const platform::Application& own);

}  // namespace ns::cli::form
