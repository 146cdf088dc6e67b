#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>

#include "context.h"
#include "failure.h"
#include "repo_calls.h"
#include "text.h"

namespace ns::cli {
namespace {

// How to log in at a Git host, as the command line gives it.
struct Login {
  std::string user, password_file, key;
  bool ssh = false, none = false;
};

struct Given {
  std::string repo, url, name;
  Login login;
  std::vector<std::string> host_keys, add, remove;
};

std::string FirstLine(const std::string& path) {
  std::string line;
  std::ifstream file;
  if (path != "-") file.open(path);
  if (!std::getline(path == "-" ? std::cin : file, line))
    throw Failure(Exit::kUsage, "The password cannot be read from " + path +
                                    ": give a readable file whose first line it is.");
  return line;
}

// Nothing where the command line says nothing of it.
std::optional<api::CreateRepositoryAuth> AuthOf(const Login& login) {
  api::CreateRepositoryAuth auth;
  if (!login.user.empty()) {
    auth.mutable_basic()->set_username(login.user);
    auth.mutable_basic()->set_password(FirstLine(login.password_file));
  } else if (!login.key.empty()) {
    auth.mutable_ssh()->set_key_id(login.key == "platform" ? "" : login.key);
  } else if (login.none) {
    auth.mutable_none();
  } else {
    return std::nullopt;
  }
  return auth;
}

std::string WhatToDo(const api::GenerateKeyPairResponse& pair) {
  return pair.public_key() + "\n\nGive that key read access at the Git host, then within an hour: ";
}

// Makes a key pair for `login` and says what to do with it. True where somebody at a terminal says
// that it is done; else `command` is what goes on.
bool MakeKey(Context& context, Login& login, const std::string& command) {
  const auto pair = context.Api<api::GenerateKeyPairResponse>("GenerateKeyPair");
  login.key = pair.key_id();
  if (context.json || ::isatty(STDIN_FILENO) == 0) {
    context.Print(pair, WhatToDo(pair) + command + " --key " + pair.key_id() + "\n");
    return false;
  }
  context.Progress(WhatToDo(pair) + "press Enter.");
  std::string line;
  return static_cast<bool>(std::getline(std::cin, line));
}

void Add(Context& context, Given given) {
  if (given.login.ssh && given.login.key.empty() &&
      !MakeKey(context, given.login, "ns repo add " + given.url))
    return;
  api::CreateRepositoryRequest request;
  request.set_url(given.url);
  request.set_name(given.name.empty() ? NameOfUrl(given.url) : given.name);
  given.login.none = true;  // where nothing else is given
  *request.mutable_auth() = *AuthOf(given.login);
  const auto made = CreateRepository(context, request, given.host_keys);
  context.Print(made, made.id() + "\n");
}

void List(Context& context) {
  const auto all = AllRepositories(context);
  std::vector<std::vector<std::string>> rows = {{"ID", "NAME", "URL", "AUTH"}};
  for (const auto& repo : all.repositories())
    rows.push_back({repo.id(), Plain(repo.name()), Plain(repo.url()),
                    api::Repository::AuthMethod_Name(repo.auth_method())});
  context.Print(all, Table(rows));
}

// By id.
std::map<std::string, std::string> UserNames(Context& context) {
  std::map<std::string, std::string> names;
  const auto users = context.Api<api::GetUsersResponse>("GetUsers");
  for (const auto& user : users.users()) names[user.id()] = user.name();
  return names;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + Plain(word);
  return out.empty() ? "-" : out;
}

std::vector<std::string> OwnersOf(Context& context, const api::Repository& repo) {
  const auto names = UserNames(context);
  std::vector<std::string> out;
  for (const std::string& id : repo.owner_ids()) {
    const auto found = names.find(id);
    out.push_back(found == names.end() ? id : found->second);
  }
  return out;
}

std::vector<std::string> ApplicationsOf(Context& context, const api::Repository& repo) {
  api::GetApplicationsRequest request;
  request.set_scope(api::GetApplicationsRequest::REPOSITORY);
  request.set_repository_id(repo.id());
  const auto apps = context.Api<api::GetApplicationsResponse>("GetApplications", request);
  std::vector<std::string> out;
  for (const auto& app : apps.applications()) out.push_back(app.name());
  return out;
}

// How the last look at the remote went.
std::string LookOf(Context& context, const api::Repository& repo) {
  platform::RepositoryStatusRequest request;
  request.set_repository_id(repo.id());
  const auto status = context.Platform<platform::RepositoryStatus>("GetRepositoryStatus", request);
  std::string text;
  for (const auto& one : status.conditions())
    text += (text.empty() ? "" : "; ") + one.reason() + ": " + Plain(one.message());
  return text.empty() ? "-" : text;
}

void Show(Context& context, const std::string& name) {
  const auto repo = FindRepository(context, name);
  if (context.json) return context.Print(repo, "");
  context.Print(Table({{"id", repo.id()},
                       {"name", Plain(repo.name())},
                       {"url", Plain(repo.url())},
                       {"page", Plain(repo.html_url())},
                       {"auth", api::Repository::AuthMethod_Name(repo.auth_method())},
                       {"owners", Joined(OwnersOf(context, repo))},
                       {"applications", Joined(ApplicationsOf(context, repo))},
                       {"last look", LookOf(context, repo)}}));
}

void Refs(Context& context, const std::string& repo) {
  api::RepositoryIdRequest request;
  request.set_repository_id(FindRepository(context, repo).id());
  const auto refs = context.Api<api::GetRepositoryRefsResponse>("GetRepositoryRefs", request);
  std::vector<std::vector<std::string>> rows = {{"REF", "COMMIT"}};
  for (const auto& ref : refs.refs()) rows.push_back({Plain(ref.ref_name()), ref.commit()});
  context.Print(refs, Table(rows));
}

void Refresh(Context& context, const std::string& repo) {
  const auto found = FindRepository(context, repo);
  api::RepositoryIdRequest request;
  request.set_repository_id(found.id());
  context.Api("RefreshRepository", request);
  context.Done(found.name() + " is being looked at.");
}

void Update(Context& context, Given given) {
  const auto repo = FindRepository(context, given.repo);
  const std::string again =
      "ns repo update " + given.repo + (given.url.empty() ? "" : " --url " + given.url);
  if (given.login.ssh && given.login.key.empty() && !MakeKey(context, given.login, again)) return;
  api::UpdateRepositoryRequest request;
  request.set_id(repo.id());
  if (!given.name.empty()) request.set_name(given.name);
  if (!given.url.empty()) request.set_url(given.url);
  if (const auto auth = AuthOf(given.login)) *request.mutable_auth() = *auth;
  if (!request.has_name() && !request.has_url() && !request.has_auth() && given.host_keys.empty())
    throw Failure(Exit::kUsage, "Say what to change: --name, --url, or how to log in.");
  UpdateRepository(context, request, given.host_keys);
  context.Done(Plain(repo.name()) + " is changed.");
}

std::string UserId(const std::map<std::string, std::string>& names, const std::string& user) {
  for (const auto& [id, name] : names) {
    if (id == user || name == user) return id;
  }
  throw Failure(Exit::kNotFound, "There is no user '" + user + "'.");
}

void Owners(Context& context, const Given& given) {
  const auto repo = FindRepository(context, given.repo);
  if (given.add.empty() && given.remove.empty()) {
    std::string lines;
    for (const std::string& owner : OwnersOf(context, repo)) lines += Plain(owner) + "\n";
    return context.Print(repo, lines);
  }
  const auto names = UserNames(context);
  std::vector<std::string> owners(repo.owner_ids().begin(), repo.owner_ids().end());
  for (const std::string& user : given.add) owners.push_back(UserId(names, user));
  for (const std::string& user : given.remove) std::erase(owners, UserId(names, user));
  api::UpdateRepositoryRequest request;
  request.set_id(repo.id());
  auto* list = request.mutable_owner_ids();
  for (const std::string& owner : owners) list->add_owner_ids(owner);
  context.Api("UpdateRepository", request);
  context.Done("The owners of " + Plain(repo.name()) + " are changed.");
}

void Delete(Context& context, const std::string& name) {
  const auto repo = FindRepository(context, name);
  api::RepositoryIdRequest request;
  request.set_repository_id(repo.id());
  context.Api("DeleteRepository", request);
  context.Done(Plain(repo.name()) + " is registered no more.");
}

void Key(Context& context) {
  const auto pair = context.Api<api::GenerateKeyPairResponse>("GenerateKeyPair");
  context.Print(pair, WhatToDo(pair) + "ns repo add URL --key " + pair.key_id() + "\n");
}

void AddLogin(CLI::App& command, Login& login, std::vector<std::string>& host_keys) {
  auto* user = command.add_option("--user,--basic", login.user, "user name for http(s)");
  auto* password =
      command.add_option("--password-file", login.password_file,
                         "file whose first line is the password or token; - for stdin");
  user->needs(password);
  password->needs(user);
  auto* key = command.add_option("--key", login.key,
                                 "id of a key pair of `ns repo key`, or `platform` for the key of "
                                 "this installation");
  auto* ssh = command.add_flag("--ssh", login.ssh, "by a new key pair: prints it and what to do");
  key->excludes(user);
  ssh->excludes(user);
  command.add_option("--host-key", host_keys,
                     "that the SSH host may show: 'ssh-ed25519 AAAA...', as in "
                     "ssh_host_*_key.pub; again for several. Default: what it shows now");
}

}  // namespace

void AddRepo(CLI::App& root, Context& context) {
  auto* noun = root.add_subcommand("repo", "Git repositories that applications come from")
                   ->require_subcommand(1);
  auto given = std::make_shared<Given>();

  auto* add = noun->add_subcommand("add", "register a repository; prints its id");
  add->add_option("URL", given->url, "http(s), ssh:// or user@host:path")->required();
  add->add_option("--name", given->name, "default: the last part of the URL");
  AddLogin(*add, given->login, given->host_keys);
  add->callback([&context, given] { Add(context, *given); });

  noun->add_subcommand("list", "all that you may use")->callback([&context] { List(context); });
  const auto of_one = [&](const char* name, const char* what) {
    auto* command = noun->add_subcommand(name, what);
    command->add_option("REPO", given->repo, "name, id or URL")->required();
    return command;
  };
  of_one("show", "what is known of it")->callback([&context, given] {
    Show(context, given->repo);
  });
  of_one("refs", "branches and tags")->callback([&context, given] { Refs(context, given->repo); });
  of_one("refresh", "look for new commits now")->callback([&context, given] {
    Refresh(context, given->repo);
  });
  of_one("delete", "forget it; no application may be left")->callback([&context, given] {
    Delete(context, given->repo);
  });

  auto* update = of_one("update", "another name, URL or login");
  update->add_option("--name", given->name, "another name");
  update->add_option("--url", given->url, "another URL; one that needed a login needs a new one");
  AddLogin(*update, given->login, given->host_keys);
  update->add_flag("--no-auth", given->login.none, "no login is needed any more");
  update->callback([&context, given] { Update(context, *given); });

  auto* owners = of_one("owners", "who may change it; with --add and --remove others");
  owners->add_option("--add", given->add, "name or id of a user")->type_name("USER");
  owners->add_option("--remove", given->remove, "name or id of a user")->type_name("USER");
  owners->callback([&context, given] { Owners(context, *given); });

  noun->add_subcommand("key", "make an SSH key pair for `ns repo add --key`")->callback([&context] {
    Key(context);
  });
  AddHostKey(*noun, context);
}

}  // namespace ns::cli
