// From a work tree straight to a running application.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <string>

#include "context.h"
#include "deploy.h"
#include "failure.h"
#include "git_command.h"
#include "logins.h"
#include "neoshowcase/platform/v1/push.pb.h"
#include "relay.h"
#include "terminal.h"
#include "text.h"

namespace ns::cli {
namespace {

constexpr size_t kLongestName = 63;

struct Given {
  std::string repository, branch, name, host;
  int port = 0;
  bool yes = false, dirty = false, force = false, no_deploy = false;
};

struct WorkTree {
  std::string folder, commit, branch;
  bool dirty = false;
};

std::string Said(const std::vector<std::string>& words) {
  const GitDone done = Git(words);
  return done.exit == 0 ? done.output : "";
}

WorkTree LookAround() {
  WorkTree tree;
  tree.folder = Said({"rev-parse", "--show-toplevel"});
  if (tree.folder.empty())
    throw Failure(Exit::kUsage,
                  "There is no Git work tree here: begin one with `git init`, or go to it.");
  tree.commit = Said({"rev-parse", "--verify", "--quiet", "HEAD"});
  if (tree.commit.empty())
    throw Failure(Exit::kUsage, "Nothing is committed yet: git add, git commit.");
  tree.branch = Said({"symbolic-ref", "--quiet", "--short", "HEAD"});
  tree.dirty = !Said({"status", "--porcelain"}).empty();
  return tree;
}

// "My Shop" becomes "my-shop", as the server wants it.
std::string NameFrom(const std::string& folder) {
  std::string name;
  for (const char c : folder.substr(folder.rfind('/') + 1)) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    const bool good = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    if (good || (lower == '_' && !name.empty()))
      name += lower;
    else if (!name.empty() && name.back() != '-')
      name += '-';
  }
  if (name.size() > kLongestName) name.resize(kLongestName);
  while (name.ends_with('-')) name.pop_back();
  return name;
}

void Warn(Context& context, const Given& given, const WorkTree& tree) {
  if (tree.dirty && !given.dirty)
    context.Progress(
        "there are uncommitted changes, which are not pushed (--dirty says so no more)");
}

// What git needs besides its words to reach the server as the caller. The relay serves meanwhile.
struct Way {
  std::string address, token;
  std::optional<Relay> relay;
  std::string url;
  GitSettings settings;
};

// Another machine of the installation takes the token of the one that named it, and never another:
// who names it may be anybody's server. It goes there in the clear only where the caller has logged
// in there.
std::string TokenAt(const Context& context, const std::string& address) {
  std::string token = TokenFor(context.server);
  const std::string key = ServerKey(address);
  if (!token.empty() && key != ServerKey(context.server) && GoesInTheClear(key) &&
      !Logins::Load().tokens.contains(key))
    throw Failure(Exit::kDenied,
                  "The repository lies at " + address +
                      ", which is not encrypted: everybody between could take your token. "
                      "`receive.address` of that machine should be https; `ns login " +
                      address + " --plain-http` stores a token that goes there all the same.");
  return token;
}

void Find(Way& way, const Context& context, const std::string& address) {
  way.address = address.empty() ? context.server : address;
  way.token = TokenAt(context, way.address);
  const Server server = ParseServer(way.address);
  way.url = server.url;
  std::string header;
  if (!server.socket.empty()) {
    way.relay.emplace(server.socket);
    way.url = way.relay->url();
    header = way.relay->header();
    way.settings.emplace_back("http.proxy", "");
  }
  way.settings.emplace_back("http.followRedirects", "false");
  way.settings.emplace_back("credential.interactive", "false");
  if (!header.empty()) way.settings.emplace_back("http." + way.url + "/.extraHeader", header);
  if (!way.token.empty())
    way.settings.emplace_back("http." + way.url + "/.extraHeader",
                              "Authorization: Bearer " + way.token);
}

// Git tells no program why it failed, so the server is asked what it says to such a push.
Failure WhyNotPushed(const Way& way, const std::string& path) {
  const long status =
      Client(way.address, way.token).StatusOf(path + "/info/refs?service=git-receive-pack");
  if (status == 401 && way.token.empty())
    return {Exit::kDenied, "No token is known for " + way.address + ": `ns login " + way.address +
                               "` stores one, and NS_TOKEN is used before it."};
  if (status == 401)
    return {Exit::kDenied, way.address +
                               " does not take the token: it is of another installation, has "
                               "expired, or was revoked. `ns login` stores another, and NS_TOKEN "
                               "is used before it."};
  if (status == 403)
    return {Exit::kDenied,
            "You may not push there; what the server said is above. A token needs the scope "
            "deploy, and all applications of the repository where it is limited; `ns whoami` "
            "shows it."};
  return {Exit::kFailed,
          "git push failed; what the server said is above. Where it has other commits of this "
          "branch, --force replaces them."};
}

// What a server says of a place may send no token to a host that it does not name, nor to a program
// of this machine.
void CheckPlace(const platform::PreparePushResponse& place) {
  if (!place.path().starts_with("/git/"))
    throw Failure(Exit::kFailed, "The server names the path \"" + place.path() +
                                     "\" to push to, which is none below /git/.");
  if (place.address().starts_with("unix:"))
    throw Failure(Exit::kFailed, "The server names \"" + place.address() +
                                     "\" to push to, which is a socket of this machine.");
}

void Push(Context& context, const Given& given, const std::string& branch,
          const platform::PreparePushResponse& place) {
  CheckPlace(place);
  Way way;
  Find(way, context, place.address());
  std::vector<std::string> words = {"push"};
  if (given.force) words.emplace_back("--force");
  words.push_back(way.url + place.path());
  words.push_back("HEAD:refs/heads/" + branch);
  if (Git(words, way.settings, true).exit != 0) throw WhyNotPushed(way, place.path());
}

// Whether a person agrees; a terminal that is closed says no.
bool Agrees(const std::string& what) {
  try {
    return AskYes(what + ". Go on?", true);
  } catch (const Failure&) {
    return false;
  }
}

// On a terminal, unless --yes.
void Confirm(const Given& given, const std::string& what) {
  if (given.yes || !::isatty(STDIN_FILENO) || Agrees(what)) return;
  throw Failure(Exit::kFailed,
                "Nothing was made. --name, --host and --port say what it shall be instead; the "
                "commits are pushed.");
}

void Run(Context& context, const Given& given) {
  const WorkTree tree = LookAround();
  Warn(context, given, tree);
  platform::PreparePushRequest request;
  request.set_name(given.repository.empty() ? NameFrom(tree.folder) : given.repository);
  if (request.name().empty())
    throw Failure(Exit::kUsage, "The folder " + tree.folder +
                                    " makes no name for a repository; give one with --repo.");
  const auto place = context.Own<platform::PreparePushResponse>("PushService/PreparePush", request);
  const std::string branch = !given.branch.empty() ? given.branch
                             : tree.branch.empty() ? "main"
                                                   : tree.branch;
  context.Progress("pushing " + ShortCommit(tree.commit) + " to " + branch + " of " +
                   request.name() + (place.created() ? ", which is new" : ""));
  Push(context, given, branch, place);
  if (given.no_deploy)
    return context.Done(request.name() + " has " + ShortCommit(tree.commit) + ".");
  api::RepositoryIdRequest of;
  of.set_repository_id(place.repository_id());
  Deploying deploying{request.name(), branch,
                      given.name,     given.host,
                      given.port,     [&given](const std::string& what) { Confirm(given, what); }};
  Deploy(context, deploying, context.Api<api::Repository>("GetRepository", of));
}

}  // namespace

void AddPush(CLI::App& root, Context& context) {
  auto given = std::make_shared<Given>();
  auto* command = root.add_subcommand(
      "push", "from this work tree to a running application; prints its URL last");
  command
      ->add_option("--repo", given->repository,
                   "name of the repository on the server; default: the folder's")
      ->type_name("REPO");
  command->add_option("--branch", given->branch,
                      "branch that HEAD is pushed to; default: the one that is checked out");
  command->add_option("--name", given->name, "name of the application; default: the repository's");
  command->add_option("--host", given->host,
                      "host that it answers at; default: its name below the first domain");
  command
      ->add_option("--port", given->port, "port that it listens on; default: what the source names")
      ->check(CLI::Range(1, 65535));
  command->add_flag("--yes,-y", given->yes, "ask nothing");
  command->add_flag("--dirty", given->dirty, "do not warn of uncommitted changes");
  command->add_flag("--force", given->force, "replace what the server has of that branch");
  command->add_flag("--no-deploy", given->no_deploy, "push alone");
  command->callback([&context, given] { Run(context, *given); });
}

}  // namespace ns::cli
