// The keys that the host of a repository by SSH may show.
#include <CLI/CLI.hpp>

#include "context.h"
#include "failure.h"
#include "repo_calls.h"
#include "terminal.h"
#include "text.h"

namespace ns::cli {
namespace {

struct Given {
  std::string repo, fingerprint;
  std::vector<std::string> keys;
};

std::string TypeOf(const platform::HostKey& key) {
  return Plain(key.public_key().substr(0, key.public_key().find(' ')));
}

// What stands pinned, and what the host shows, each key once.
std::string Told(const platform::HostKeys& keys) {
  std::vector<std::vector<std::string>> rows = {{"FINGERPRINT", "TYPE", "IS"}};
  bool known = false;
  for (const auto& key : keys.pinned()) {
    const bool shown = keys.has_shown() && key.public_key() == keys.shown().public_key();
    known = known || shown;
    rows.push_back({Plain(key.fingerprint()), TypeOf(key), shown ? "pinned, shown" : "pinned"});
  }
  if (keys.has_shown() && !known)
    rows.push_back({Plain(keys.shown().fingerprint()), TypeOf(keys.shown()), "shown"});
  std::string text = Plain(keys.host()) + "\n" + (rows.size() > 1 ? Table(rows) : "");
  if (!keys.message().empty()) text += Plain(keys.reason() + ": " + keys.message()) + "\n";
  return text;
}

void Show(Context& context, const Given& given) {
  const auto keys = GetHostKeys(context, FindRepository(context, given.repo).id());
  context.Print(keys, Told(keys));
}

void Set(Context& context, const Given& given) {
  const auto repo = FindRepository(context, given.repo);
  const auto keys = SetHostKeys(context, repo.id(), given.keys);
  context.Print(keys, Told(keys));
}

// The fingerprint of the key that is shown, once somebody has said yes to it.
std::string AskFor(Context& context, const api::Repository& repo) {
  const auto keys = GetHostKeys(context, repo.id());
  if (!keys.has_shown())
    throw Failure(Exit::kFailed, Plain(keys.host()) + " shows no key: " + Plain(keys.message()));
  const std::string& fingerprint = keys.shown().fingerprint();
  if (context.json || !IsInteractive()) {
    throw Failure(Exit::kUsage, Plain(keys.host()) + " shows " + Plain(fingerprint) +
                                    ". Who runs it can say whether that is its key; then `ns repo "
                                    "host-key accept " +
                                    Plain(repo.name()) + " " + Plain(fingerprint) + "`.");
  }
  context.Progress(Told(keys));
  if (!AskYes("Is " + Plain(fingerprint) + " the key of " + Plain(keys.host()) + "?", false))
    throw Failure(Exit::kFailed, "Nothing was changed.");
  return fingerprint;
}

void Accept(Context& context, const Given& given) {
  const auto repo = FindRepository(context, given.repo);
  platform::SetHostKeysRequest request;
  request.set_repository_id(repo.id());
  request.set_accept(given.fingerprint.empty() ? AskFor(context, repo) : given.fingerprint);
  const auto keys = context.Own<platform::HostKeys>("RepositoryService/SetHostKeys", request);
  context.Print(keys, Told(keys));
}

}  // namespace

void AddHostKey(CLI::App& repo, Context& context) {
  auto* noun = repo.add_subcommand("host-key", "keys that its host may show, where it is by SSH")
                   ->require_subcommand(1);
  auto given = std::make_shared<Given>();
  const auto of_one = [&](const char* name, const char* what, void (*run)(Context&, const Given&)) {
    auto* command = noun->add_subcommand(name, what);
    command->add_option("REPO", given->repo, "name, id or URL")->required();
    command->callback([&context, given, run] { run(context, *given); });
    return command;
  };
  of_one("show", "those that are pinned, and the one that it shows now", &Show);
  of_one("accept", "pin the key that it shows now in place of others", &Accept)
      ->add_option("FINGERPRINT", given->fingerprint,
                   "that the key must have, SHA256:...; at a terminal else asked about");
  of_one("set", "pin these in place of others", &Set)
      ->add_option("KEY", given->keys, "in quotes: 'ssh-ed25519 AAAA...', as in ssh_host_*_key.pub")
      ->required();
}

}  // namespace ns::cli
