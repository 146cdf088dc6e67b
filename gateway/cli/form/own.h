// Applications in the form of the ApplicationService, and in that of the APIService. Pure.
#pragma once

#include "form/form.h"
#include "neoshowcase/platform/v1/application.pb.h"

namespace ns::cli::form {

// What `form` is to say, in place of what the server has stored: fields of that which are not known
// here, as those of a newer server, stay with the part or the address that they belong to.
// Method, settings, and how it runs or is served:
void TakeConfig(const api::ApplicationConfig& config, const platform::ApplicationForm& stored,
                platform::ApplicationForm& form);
void TakeWebsites(const std::vector<api::CreateWebsiteRequest>& websites,
                  const platform::ApplicationForm& stored, platform::ApplicationForm& form);
void TakePorts(const std::vector<api::PortPublication>& ports,
               const platform::ApplicationForm& stored, platform::ApplicationForm& form);
// What is wrong with `config` in the place of what is stored: that this would delete settings which
// are not known here, as those of a newer server. Empty: nothing is lost.
std::string LossIn(const platform::ApplicationForm& stored, const api::ApplicationConfig& config);
// As APIService shows it, as far as it is wanted or set: without what was observed. The
// configuration is empty where that knows no such method.
api::Application FromOwn(const platform::Application& own);

}  // namespace ns::cli::form
