#include "app_flags.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <iterator>

#include "dotenv.h"
#include "failure.h"
#include "form/settings.h"
#include "form_file.h"
#include "nearest.h"

namespace ns::cli {
namespace {

constexpr size_t kMostEnv = 1 << 20;  // bytes of a file of variables

// Offers the methods that are known here. Whether there is another of that name the server knows.
CLI::Validator MethodCheck() {
  std::string names;
  for (const std::string& name : form::Methods()) names += (names.empty() ? "" : ",") + name;
  const auto check = [](const std::string& method) {
    return form::IsMisnamed(method)
               ? "\"" + method + "\" is not known" + Suggestion(method, form::Methods())
               : "";
  };
  return {check, "{" + names + "}"};
}

}  // namespace

void AddAppFlags(CLI::App& command, AppFlags& flags) {
  command.add_option("--name", flags.name, "name of the application");
  command.add_option("--ref", flags.ref, "branch or tag that it follows");
  command.add_option("--host,--url", flags.hosts,
                     "where it answers, e.g. app.example.com or https://app.example.com/path; "
                     "repeat for more");
  command.add_option("--port", flags.port, "port that it listens on")->check(CLI::Range(1, 65535));
  command
      .add_option("--method", flags.method,
                  "how it is built: one of these, or another that a plugin brings")
      ->check(MethodCheck());
  command.add_option(
      "--set", flags.settings,
      "KEY=VALUE, a setting of the build method such as dockerfileName, context, "
      "baseImage, buildCmd, command, entrypoint, artifactPath, spa; of another method any, as JSON "
      "or text, and run.command, run.entrypoint, site.artifactPath, site.spa; repeat for more");
  command
      .add_option("--strategy", flags.strategy,
                  "how a release takes the place of the one before: beside it first, or after its "
                  "end, for what cannot run twice at once")
      ->check(CLI::IsMember(form::Strategies()));
  command.add_flag("--wait", flags.wait, "until it is live");
}

form::Build WantedBuild(const AppFlags& flags, const form::Build& base) {
  const bool same = flags.method.empty() || flags.method == form::MethodOf(base);
  form::Build build = same ? base : form::EmptyBuild(flags.method);
  for (const std::string& item : flags.settings) {
    const size_t equals = item.find('=');
    if (equals == std::string::npos || equals == 0)
      throw Failure(Exit::kUsage, "--set is '" + item + "'; give KEY=VALUE.");
    if (form::MethodOf(build).empty())
      throw Failure(Exit::kUsage, "--set needs --method: settings are those of a build method.");
    form::SetSetting(build, item.substr(0, equals), item.substr(equals + 1));
  }
  return build;
}

std::vector<std::pair<std::string, std::string>> VariablesOf(const std::string& file) {
  if (file == "-") return ParseDotenv("<stdin>", {std::istreambuf_iterator<char>(std::cin), {}});
  return ParseDotenv(file, ReadFile(file, kMostEnv));
}

}  // namespace ns::cli
