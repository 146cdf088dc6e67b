#include "git_command.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "failure.h"

extern char** environ;

namespace ns::cli {
namespace {

// The settings as git reads them from the environment (git-config(1), GIT_CONFIG_COUNT), behind
// those that are there. Where nobody says otherwise git asks for no name and password: people here
// are known by tokens.
std::vector<std::string> EnvironmentWith(const GitSettings& settings) {
  std::vector<std::string> all;
  for (char** one = environ; *one != nullptr; ++one) {
    if (!std::string_view(*one).starts_with("GIT_CONFIG_COUNT=")) all.emplace_back(*one);
  }
  if (!std::getenv("GIT_TERMINAL_PROMPT")) all.emplace_back("GIT_TERMINAL_PROMPT=0");
  const char* const given = std::getenv("GIT_CONFIG_COUNT");
  size_t count = given ? std::strtoul(given, nullptr, 10) : 0;
  for (const auto& [key, value] : settings) {
    const std::string number = std::to_string(count++);
    all.push_back("GIT_CONFIG_KEY_" + number + "=" + key);
    all.push_back("GIT_CONFIG_VALUE_" + number + "=" + value);
  }
  all.push_back("GIT_CONFIG_COUNT=" + std::to_string(count));
  return all;
}

std::vector<char*> PointersTo(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string ReadAll(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t got = 1; got > 0 || (got < 0 && errno == EINTR);) {
    got = ::read(fd, buffer, sizeof(buffer));
    if (got > 0) text.append(buffer, static_cast<size_t>(got));
  }
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

GitDone Git(const std::vector<std::string>& words, const GitSettings& settings, bool show) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw Failure(Exit::kFailed, "No pipe can be made: too many open files?");
  std::vector<std::string> all = {"git"};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<std::string> environment = EnvironmentWith(settings);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, show ? STDERR_FILENO : ends[1], STDOUT_FILENO);
  pid_t pid = -1;
  const int failed = ::posix_spawnp(&pid, "git", &actions, nullptr, PointersTo(all).data(),
                                    PointersTo(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  GitDone done;
  if (failed == 0) done.output = ReadAll(ends[0]);
  ::close(ends[0]);
  if (failed != 0)
    throw Failure(Exit::kFailed,
                  std::string("git cannot be started: ") + std::strerror(failed) + ". Install it.");
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  done.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return done;
}

}  // namespace ns::cli
