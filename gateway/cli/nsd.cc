#include "nsd.h"

#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <vector>

#include "failure.h"

extern char** environ;

namespace ns::cli {
namespace {

namespace fs = std::filesystem;

// Standard output of a program, whatever its exit code; its standard error goes to ours.
std::string OutputOf(std::vector<std::string> words) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw Failure(Exit::kFailed, "No pipe can be made: too many open files?");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  std::string output;
  char buffer[4096];
  for (ssize_t got = 1; failed == 0 && got > 0;) {
    got = ::read(ends[0], buffer, sizeof(buffer));
    if (got > 0) output.append(buffer, static_cast<size_t>(got));
  }
  ::close(ends[0]);
  if (failed == 0) ::waitpid(pid, nullptr, 0);
  return output;
}

}  // namespace

std::string NsdConfig() {
  const char* set = std::getenv("NS_CONFIG");
  return set ? set : "";
}

std::vector<std::string> NsdCommand(const std::string& nsd, const std::string& config) {
  return config.empty() ? std::vector{nsd} : std::vector<std::string>{nsd, "--config", config};
}

std::optional<std::string> FindNsd() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  std::vector<fs::path> folders = {self.parent_path()};
  const char* path = std::getenv("PATH");
  std::istringstream rest(path ? path : "");
  for (std::string folder; std::getline(rest, folder, ':');) folders.emplace_back(folder);
  for (const fs::path& folder : folders) {
    if (!folder.empty() && ::access((folder / "nsd").c_str(), X_OK) == 0)
      return (folder / "nsd").string();
  }
  return std::nullopt;
}

neoshowcase::platform::v1::Health AskNsd(const std::string& nsd, const std::string& config) {
  std::vector<std::string> words = NsdCommand(nsd, config);
  words.insert(words.end(), {"doctor", "--json"});
  const std::string output = OutputOf(words);
  neoshowcase::platform::v1::Health health;
  google::protobuf::util::JsonParseOptions lenient;
  lenient.ignore_unknown_fields = true;
  if (output.empty() || !google::protobuf::util::JsonStringToMessage(output, &health, lenient).ok())
    throw Failure(Exit::kFailed, nsd + " doctor told nothing that can be read; run it by hand.");
  return health;
}

}  // namespace ns::cli
