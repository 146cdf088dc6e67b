#include <CLI/CLI.hpp>
#include <fstream>

#include "context.h"
#include "failure.h"
#include "text.h"

namespace ns::cli {
namespace {

struct NewRepo {
  std::string url, name, user, password_file, key;
};

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line))
    throw Failure(Exit::kUsage, "The password cannot be read from " + path +
                                    ": give a readable file whose first line it is.");
  return line;
}

api::CreateRepositoryRequest RequestOf(const NewRepo& repo) {
  api::CreateRepositoryRequest request;
  request.set_url(repo.url);
  request.set_name(repo.name.empty() ? NameOfUrl(repo.url) : repo.name);
  if (!repo.user.empty()) {
    request.mutable_auth()->mutable_basic()->set_username(repo.user);
    request.mutable_auth()->mutable_basic()->set_password(FirstLine(repo.password_file));
  } else if (!repo.key.empty()) {
    request.mutable_auth()->mutable_ssh()->set_key_id(repo.key);
  } else {
    request.mutable_auth()->mutable_none();
  }
  return request;
}

void Add(Context& context, const NewRepo& repo) {
  const auto made = context.Api<api::Repository>("CreateRepository", RequestOf(repo));
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

void Key(Context& context) {
  const auto pair = context.Api<api::GenerateKeyPairResponse>("GenerateKeyPair");
  context.Print(pair, pair.public_key() +
                          "\n\nGive that key read access at the Git host, then within an hour: ns "
                          "repo add URL --key " +
                          pair.key_id() + "\n");
}

}  // namespace

void AddRepo(CLI::App& root, Context& context) {
  auto* noun = root.add_subcommand("repo", "Git repositories that applications come from")
                   ->require_subcommand(1);
  auto fresh = std::make_shared<NewRepo>();
  auto name = std::make_shared<std::string>();

  auto* add = noun->add_subcommand("add", "register a repository; prints its id");
  add->add_option("URL", fresh->url, "http(s), ssh:// or user@host:path")->required();
  add->add_option("--name", fresh->name, "default: the last part of the URL");
  auto* user = add->add_option("--user", fresh->user, "user name for http(s)");
  auto* password = add->add_option("--password-file", fresh->password_file,
                                   "file whose first line is the password or token");
  user->needs(password);
  password->needs(user);
  add->add_option("--key", fresh->key, "id of a key pair of `ns repo key`")->excludes(user);
  add->callback([&context, fresh] { Add(context, *fresh); });

  noun->add_subcommand("list", "all that you may use")->callback([&context] { List(context); });
  auto* refs = noun->add_subcommand("refs", "branches and tags");
  refs->add_option("REPO", *name, "name, id or URL")->required();
  refs->callback([&context, name] { Refs(context, *name); });
  auto* refresh = noun->add_subcommand("refresh", "look for new commits now");
  refresh->add_option("REPO", *name, "name, id or URL")->required();
  refresh->callback([&context, name] { Refresh(context, *name); });
  noun->add_subcommand("key", "make an SSH key pair for `ns repo add --key`")->callback([&context] {
    Key(context);
  });
}

}  // namespace ns::cli
