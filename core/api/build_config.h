// ApplicationConfig of the public API and the settings it stands for.
#pragma once

#include <string>

#include "model/application.h"
#include "model/validate.h"
#include "neoshowcase/protobuf/types.pb.h"

namespace ns::api {

struct BuildConfig {
  model::DeployType deploy_type = model::DeployType::kRuntime;
  model::BuildSettings build;  // settings: the message's JSON with the names of its fields, without
                               // what says how to run
  model::RunSettings run;
  std::string artifact_path;
  bool spa = false;
  // Where the request says how it runs, "config.runtime_cmd.runtime_config"; of a site, what makes
  // it one.
  std::string kind_field;
};

// What `config` asks for; rules that it breaks are added to `out` with fields such as
// "config.runtime_cmd.base_image".
BuildConfig ReadConfig(const neoshowcase::protobuf::ApplicationConfig& config,
                       model::Violations& out);

// The same of a method that stands in no ApplicationConfig. `settings` are left as they are; fields
// as if it did: "config.other.runtime_config.command".
BuildConfig ReadRun(const std::string& method, std::string settings,
                    const neoshowcase::protobuf::RuntimeConfig& run, model::Violations& out);
BuildConfig ReadSite(const std::string& method, std::string settings,
                     const neoshowcase::protobuf::StaticConfig& site, model::Violations& out);

neoshowcase::protobuf::RuntimeConfig RunOf(const model::RunSettings& run);
neoshowcase::protobuf::StaticConfig SiteOf(const model::Application& app);

neoshowcase::protobuf::ApplicationConfig WriteConfig(const model::Application& app);

}  // namespace ns::api
