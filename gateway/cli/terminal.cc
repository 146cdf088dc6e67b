#include "terminal.h"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <iterator>

#include "failure.h"
#include "text.h"

namespace ns::cli {
namespace {

constexpr int kEnding[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};

termios usual_terminal;  // that of NoEcho, for a signal

// Ends the program as the signal does, with the terminal as it was.
void EndWithEcho(int signal) {
  ::tcsetattr(STDIN_FILENO, TCSANOW, &usual_terminal);
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

// While it lives, what is typed at the terminal is not shown.
class NoEcho {
 public:
  NoEcho() {
    ::tcgetattr(STDIN_FILENO, &usual_terminal);
    struct sigaction ending {};
    ending.sa_handler = EndWithEcho;
    for (size_t i = 0; i < std::size(kEnding); ++i) {
      ::sigaction(kEnding[i], nullptr, &before_[i]);
      if (before_[i].sa_handler == SIG_DFL) ::sigaction(kEnding[i], &ending, nullptr);
    }
    termios silent = usual_terminal;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_lflag |= ECHONL;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~NoEcho() {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &usual_terminal);
    for (size_t i = 0; i < std::size(kEnding); ++i) ::sigaction(kEnding[i], &before_[i], nullptr);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  struct sigaction before_[std::size(kEnding)]{};
};

std::string ReadLine() {
  std::fflush(stderr);
  std::string line;
  for (int c = std::fgetc(stdin); c != '\n'; c = std::fgetc(stdin)) {
    if (c == EOF) {
      std::fputc('\n', stderr);
      throw Failure(Exit::kUsage, "Nobody answers; nothing was changed.");
    }
    line += static_cast<char>(c);
  }
  return line;
}

}  // namespace

bool IsInteractive() { return ::isatty(STDERR_FILENO) == 1 && ::isatty(STDIN_FILENO) == 1; }

bool IsColoured(std::FILE* out, const std::string& wanted) {
  if (wanted != "auto") return wanted == "always";
  const char* none = std::getenv("NO_COLOR");  // https://no-color.org: set and not empty
  const char* terminal = std::getenv("TERM");
  if ((none && *none) || (terminal && std::string(terminal) == "dumb")) return false;
  return ::isatty(::fileno(out)) == 1;
}

std::string Ask(const std::string& question, const std::string& usual) {
  std::fprintf(stderr, "%s%s: ", Clean(question).c_str(),
               usual.empty() ? "" : Clean(" [" + usual + "]").c_str());
  std::string line = ReadLine();
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
  const size_t begin = line.find_first_not_of(" \t");
  return begin == std::string::npos ? usual : line.substr(begin);
}

std::string AskHidden(const std::string& question) {
  const NoEcho silent;
  std::fprintf(stderr, "%s: ", Clean(question).c_str());
  return ReadLine();
}

bool AskYes(const std::string& question, bool usual) {
  const std::string answer = Lowered(Ask(question + (usual ? " [Y/n]" : " [y/N]"), ""));
  if (answer.empty()) return usual;
  return answer == "y" || answer == "yes";
}

}  // namespace ns::cli
