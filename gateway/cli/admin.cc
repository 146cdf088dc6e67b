#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <vector>

#include "context.h"
#include "failure.h"
#include "identity.h"
#include "nsd.h"

namespace ns::cli {
namespace {

struct Given {
  std::string config;
  bool prepare = false;
};

// Becomes `nsd admin rotate-key`, whose words, files and exit code are then those of this command.
[[noreturn]] void RotateKey(const Given& given) {
  const auto nsd = FindNsd();
  if (!nsd)
    throw Failure(Exit::kFailed,
                  "nsd is neither beside this program nor on the PATH; the key file is on the "
                  "machine of a controller, run this there");
  std::vector<std::string> words = NsdCommand(*nsd, given.config);
  words.insert(words.end(), {"admin", "rotate-key"});
  if (given.prepare) words.emplace_back("--prepare");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  throw Failure(Exit::kFailed, "Cannot run " + *nsd + ": " + std::strerror(errno));
}

}  // namespace

void AddAdmin(CLI::App& root, Context& context) {
  auto given = std::make_shared<Given>();
  given->config = NsdConfig();
  auto* noun =
      root.add_subcommand("admin", "admins, and what only the operator of this machine may do")
          ->require_subcommand(1);
  AddAdmins(*noun, context);
  auto* command = noun->add_subcommand(
      "rotate-key",
      "make a new sealing key and seal every secret of the database under it, by nsd");
  command->add_option("--config", given->config,
                      "configuration of nsd on this machine (NS_CONFIG)");
  command->add_flag("--prepare", given->prepare,
                    "make the key alone, to be copied to the other machines first");
  command->callback([given] { RotateKey(*given); });
}

}  // namespace ns::cli
