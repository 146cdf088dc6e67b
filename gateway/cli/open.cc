#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "context.h"
#include "failure.h"
#include "follow.h"

extern char** environ;

namespace ns::cli {
namespace {

// Whether there is a screen that a browser could appear on.
bool HasDisplay() {
  const char* x = std::getenv("DISPLAY");
  const char* wayland = std::getenv("WAYLAND_DISPLAY");
  return ::isatty(STDOUT_FILENO) == 1 && ((x && *x) || (wayland && *wayland));
}

// The browser goes on by itself; what it says is not of interest.
bool Browse(std::string url) {
  std::string program = "xdg-open";
  char* argv[] = {program.data(), url.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
  pid_t pid = -1;
  const int failed = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  return failed == 0;
}

void Open(Context& context, const std::string& name) {
  const auto status = StatusOf(context, FindApplication(context, name).id());
  if (status.urls().empty())
    throw Failure(Exit::kNotFound, status.name() + " has no URL; `ns app update " + status.name() +
                                       " --host HOST --port PORT` gives it one.");
  std::string text;
  for (const std::string& url : status.urls()) text += url + "\n";
  context.Print(status, text);
  if (!context.json && HasDisplay() && !Browse(status.urls(0)))
    context.Progress("xdg-open is not there, so no browser opens.");
}

}  // namespace

void AddOpen(CLI::App& root, Context& context) {
  auto app = std::make_shared<std::string>();
  auto* command = root.add_subcommand(
      "open", "print the URLs of an application; on a terminal with a screen open the first");
  command->add_option("APP", *app, "name or id")->required();
  command->callback([&context, app] { Open(context, *app); });
}

}  // namespace ns::cli
