#include "testing/terminal_run.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>

namespace ns::cli {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);

}  // namespace

TerminalRun::TerminalRun(const std::function<int()>& body) {
  winsize size{40, 200, 0, 0};
  pid_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
  if (pid_ == 0) ::_exit(body());
}

TerminalRun::~TerminalRun() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(terminal_);
}

bool TerminalRun::Read(int wait) {
  pollfd one{terminal_, POLLIN, 0};
  if (::poll(&one, 1, wait) <= 0) return true;
  char buffer[4096];
  const ssize_t got = ::read(terminal_, buffer, sizeof(buffer));
  if (got <= 0) return false;
  printed_.append(buffer, static_cast<size_t>(got));
  return true;
}

bool TerminalRun::Await(const std::string& text) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (bool open = true; std::chrono::steady_clock::now() < until; open = open && Read(50)) {
    const size_t found = printed_.find(text, seen_);
    if (found != std::string::npos) return seen_ = found + text.size(), true;
    if (!open) return false;
  }
  return false;
}

void TerminalRun::Type(const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const ssize_t put = ::write(terminal_, text.data() + at, text.size() - at);
    if (put <= 0) return;
    at += static_cast<size_t>(put);
  }
}

bool TerminalRun::echoes() const {
  termios modes{};
  return ::tcgetattr(terminal_, &modes) == 0 && (modes.c_lflag & ECHO) != 0;
}

int TerminalRun::Finish() {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < until && Read(50)) continue;
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) return -1;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace ns::cli
