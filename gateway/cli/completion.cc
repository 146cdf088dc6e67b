#include "completion.h"

#include <google/protobuf/descriptor.h>

#include <CLI/CLI.hpp>

#include "api_methods.h"
#include "complete.h"
#include "completion_text.h"
#include "context.h"
#include "failure.h"
#include "neoshowcase/platform/v1/token.pb.h"
#include "text.h"
#include "tree.h"

namespace ns::cli {
namespace {

constexpr auto kPatience = std::chrono::seconds(2);  // of who has pressed a key

template <class Response, class Request>
Response Quick(Context& context, const char* method, const Request& request) {
  Response response;
  context.client().Call(method, request, response, kPatience);
  return response;
}

api::GetApplicationsResponse Applications(Context& context) {
  api::GetApplicationsRequest request;
  request.set_scope(api::GetApplicationsRequest::ALL);
  return Quick<api::GetApplicationsResponse>(
      context, "neoshowcase.protobuf.APIService/GetApplications", request);
}

std::vector<Candidate> Apps(Context& context) {
  std::vector<Candidate> all;
  const auto apps = Applications(context);
  for (const auto& app : apps.applications())
    all.push_back({Plain(app.name()), app.running() ? "" : "stopped"});
  return all;
}

std::vector<Candidate> Repos(Context& context) {
  api::GetRepositoriesRequest request;
  request.set_scope(api::GetRepositoriesRequest::CREATABLE);
  const auto repos = Quick<api::GetRepositoriesResponse>(
      context, "neoshowcase.protobuf.APIService/GetRepositories", request);
  std::vector<Candidate> all;
  for (const auto& repo : repos.repositories())
    all.push_back({Plain(repo.name()), Plain(repo.url())});
  return all;
}

std::vector<Candidate> Builds(Context& context) {
  std::vector<Candidate> all = Apps(context);
  api::GetAllBuildsRequest request;
  request.set_limit(50);
  const auto builds = Quick<api::GetBuildsResponse>(
      context, "neoshowcase.protobuf.APIService/GetAllBuilds", request);
  for (const auto& build : builds.builds())
    all.push_back({build.id(), api::BuildStatus_Name(build.status())});
  return all;
}

// The id of the application that stands before; empty: there is none.
std::string AppBefore(Context& context, const std::vector<std::string>& places) {
  if (places.empty()) return "";
  const auto apps = Applications(context);
  for (const auto& app : apps.applications()) {
    if (app.name() == places[0] || app.id() == places[0]) return app.id();
  }
  return "";
}

std::vector<Candidate> Variables(Context& context, const std::vector<std::string>& places) {
  std::vector<Candidate> all;
  platform::ListEnvRequest request;
  request.set_application_id(AppBefore(context, places));
  if (request.application_id().empty()) return all;
  const auto env = Quick<platform::ListEnvResponse>(
      context, "neoshowcase.platform.v1.PlatformService/ListEnv", request);
  for (const auto& variable : env.variables()) all.push_back({variable.key(), ""});
  return all;
}

std::vector<Candidate> Releases(Context& context, const std::vector<std::string>& places) {
  std::vector<Candidate> all;
  platform::ListReleasesRequest request;
  request.set_application_id(AppBefore(context, places));
  if (request.application_id().empty()) return all;
  const auto releases = Quick<platform::ListReleasesResponse>(
      context, "neoshowcase.platform.v1.PlatformService/ListReleases", request);
  for (const auto& one : releases.releases()) {
    if (!one.image_gone()) all.push_back({one.id(), "commit " + ShortCommit(one.commit())});
  }
  return all;
}

// What has an id and a name of a person's choice, which may be of several words.
template <class Items>
std::vector<Candidate> Named(const Items& items) {
  std::vector<Candidate> all;
  for (const auto& one : items) {
    const std::string name = Plain(one.name());
    const bool word = !name.empty() && name.find(' ') == std::string::npos;
    all.push_back(word ? Candidate{name, ""} : Candidate{one.id(), name});
  }
  return all;
}

std::vector<Candidate> Users(Context& context) {
  return Named(Quick<api::GetUsersResponse>(context, "neoshowcase.protobuf.APIService/GetUsers",
                                            google::protobuf::Empty())
                   .users());
}

std::vector<Candidate> Tokens(Context& context) {
  return Named(
      Quick<platform::ListTokensResponse>(
          context, "neoshowcase.platform.v1.TokenService/ListTokens", google::protobuf::Empty())
          .tokens());
}

std::vector<Candidate> PublicKeys(Context& context) {
  return Named(Quick<api::GetUserKeysResponse>(context,
                                               "neoshowcase.protobuf.APIService/GetUserKeys",
                                               google::protobuf::Empty())
                   .keys());
}

// Variables, public keys of a user or those of a host, which nobody here knows.
std::vector<Candidate> Keys(Context& context, const std::string& command,
                            const std::vector<std::string>& places) {
  if (command.starts_with("env ")) return Variables(context, places);
  return command == "key remove" ? PublicKeys(context) : std::vector<Candidate>();
}

std::vector<Candidate> Methods() {
  std::vector<Candidate> all;
  for (const auto* method : ApiMethods())
    all.push_back({method->service()->name() + "/" + method->name(), ""});
  return all;
}

// Who types is not told why there is nothing.
std::vector<Candidate> Values(Context& context, const std::string& command,
                              const std::string& placeholder,
                              const std::vector<std::string>& places) {
  try {
    if (placeholder == "APP") return Apps(context);
    if (placeholder == "REPO") return Repos(context);
    if (placeholder == "BUILD") return Builds(context);
    if (placeholder == "METHOD") return Methods();
    if (placeholder == "KEY") return Keys(context, command, places);
    if (placeholder == "RELEASE") return Releases(context, places);
    if (placeholder == "TOKEN") return Tokens(context);
    if (placeholder == "USER") return Users(context);
  } catch (const Failure&) {
  }
  return {};
}

}  // namespace

void AnswerCompletion(const CLI::App& root, Context& context,
                      const std::vector<std::string>& words) {
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == "--server" && i + 2 < words.size()) context.server = words[i + 1];
    if (words[i].starts_with("--server=")) context.server = words[i].substr(9);
  }
  const auto all =
      Complete(TreeOf(root), words,
               [&](const std::string& command, const std::string& placeholder, const auto& places) {
                 return Values(context, command, placeholder, places);
               });
  std::string text;
  for (const Candidate& one : all)
    text += one.word + (one.what.empty() ? "" : "\t" + one.what) + "\n";
  context.Print(text);
}

void AddCompletion(CLI::App& root, Context& context) {
  auto shell = std::make_shared<std::string>();
  auto* command = root.add_subcommand("completion", "script that completes commands in a shell");
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&context, shell] { context.Print(CompletionScript(*shell)); });
}

}  // namespace ns::cli
