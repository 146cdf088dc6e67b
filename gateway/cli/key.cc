// Public keys of the user.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <sstream>

#include "context.h"
#include "failure.h"
#include "identity.h"
#include "text.h"
#include "token_text.h"

namespace ns::cli {
namespace {

struct Given {
  std::string file, name, key;
};

// Without the end of its line.
std::string ReadKey(const std::string& path) {
  std::ostringstream text;
  if (path == "-") {
    text << std::cin.rdbuf();
  } else {
    std::ifstream file(path);
    if (!file)
      throw Failure(Exit::kUsage, "Cannot read " + path + ": give a file such as id_ed25519.pub.");
    text << file.rdbuf();
  }
  std::string key = text.str();
  if (key.find("PRIVATE KEY") != std::string::npos)
    throw Failure(Exit::kUsage, path +
                                    " holds a private key, which stays where it is: give the "
                                    "public one, " +
                                    path + ".pub.");
  while (key.ends_with('\n') || key.ends_with('\r')) key.pop_back();
  return key;
}

// What stands behind type and key.
std::string CommentOf(const std::string& key) {
  const size_t first = key.find(' ');
  const size_t second = first == std::string::npos ? first : key.find(' ', first + 1);
  return second == std::string::npos ? "" : key.substr(second + 1);
}

void Add(Context& context, const Given& given) {
  api::CreateUserKeyRequest request;
  request.set_public_key(ReadKey(given.file));
  request.set_name(given.name.empty() ? CommentOf(request.public_key()) : given.name);
  if (request.name().empty())
    throw Failure(Exit::kUsage, "The key has no comment to call it by: give --name.");
  const auto made = context.Api<api::UserKey>("CreateUserKey", request);
  context.Print(made, made.id() + "\n");
}

std::string TypeOf(const std::string& key) { return key.substr(0, key.find(' ')); }

void List(Context& context) {
  const auto all = context.Api<api::GetUserKeysResponse>("GetUserKeys");
  std::vector<std::vector<std::string>> rows = {{"ID", "NAME", "TYPE", "ADDED"}};
  for (const auto& key : all.keys())
    rows.push_back({key.id(), Plain(key.name()), TypeOf(key.public_key()), Day(key.created_at())});
  context.Print(all, Table(rows));
}

void Remove(Context& context, const std::string& wanted) {
  const auto all = context.Api<api::GetUserKeysResponse>("GetUserKeys");
  api::DeleteUserKeyRequest request;
  int named = 0;
  for (const auto& key : all.keys()) {
    if (key.id() != wanted && key.name() != wanted) continue;
    request.set_key_id(key.id());
    ++named;
  }
  if (named == 0)
    throw Failure(Exit::kNotFound, "There is no key '" + wanted + "'; `ns key list` shows them.");
  if (named > 1) throw Failure(Exit::kUsage, "Several have the name '" + wanted + "'; give an id.");
  context.Api("DeleteUserKey", request);
  context.Done("Removed " + request.key_id() + ".");
}

}  // namespace

void AddKey(CLI::App& root, Context& context) {
  auto given = std::make_shared<Given>();
  auto* noun =
      root.add_subcommand("key", "public keys that you log in with")->require_subcommand(1);
  auto* add = noun->add_subcommand("add", "add one");
  add->add_option("FILE", given->file, "such as ~/.ssh/id_ed25519.pub; -: standard input")
      ->required();
  add->add_option("--name", given->name, "else its comment");
  add->callback([given, &context] { Add(context, *given); });
  noun->add_subcommand("list", "oldest first")->callback([&context] { List(context); });
  auto* remove = noun->add_subcommand("remove", "remove one");
  remove->add_option("KEY", given->key, "id or name")->required();
  remove->callback([given, &context] { Remove(context, given->key); });
}

}  // namespace ns::cli
