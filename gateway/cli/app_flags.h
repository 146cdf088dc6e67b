// What the command line says of an application that is made or changed.
#pragma once

#include <string>
#include <vector>

#include "context.h"
#include "form/form.h"

namespace ns::cli {

struct AppFlags {
  std::string repo, name, ref, method, env_file, strategy, backend;
  std::vector<std::string> hosts, settings, owners;
  int port = 0;
  bool start = false, no_start = false, wait = false, yes = false;
};

// The options that `create` and `update` share.
void AddAppFlags(CLI::App& command, AppFlags& flags);
// `base` with the method and settings of the flags; a method that differs begins anew. Throws
// Failure(kUsage).
form::Build WantedBuild(const AppFlags& flags, const form::Build& base);
// The variables of a file; throws Failure(kUsage) where one is wrong.
std::vector<std::pair<std::string, std::string>> VariablesOf(const std::string& file);

void AddAppCreate(CLI::App& noun, Context& context);
void AddAppUpdate(CLI::App& noun, Context& context);
void AddAppShow(CLI::App& noun, Context& context);

}  // namespace ns::cli
