#include "terminal.h"

#include <unistd.h>

#include <cstdlib>

#include "failure.h"

namespace ns::cli {

bool IsInteractive() { return ::isatty(STDERR_FILENO) == 1 && ::isatty(STDIN_FILENO) == 1; }

bool IsColoured(std::FILE* out, const std::string& wanted) {
  if (wanted != "auto") return wanted == "always";
  const char* none = std::getenv("NO_COLOR");  // https://no-color.org: set and not empty
  const char* terminal = std::getenv("TERM");
  if ((none && *none) || (terminal && std::string(terminal) == "dumb")) return false;
  return ::isatty(::fileno(out)) == 1;
}

std::string Ask(const std::string& question, const std::string& usual) {
  std::fprintf(stderr, "%s%s: ", question.c_str(),
               usual.empty() ? "" : (" [" + usual + "]").c_str());
  std::fflush(stderr);
  std::string line;
  for (int c = std::fgetc(stdin); c != '\n'; c = std::fgetc(stdin)) {
    if (c == EOF) {
      std::fputc('\n', stderr);
      throw Failure(Exit::kUsage, "Nobody answers; nothing was changed.");
    }
    line += static_cast<char>(c);
  }
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
  const size_t begin = line.find_first_not_of(" \t");
  return begin == std::string::npos ? usual : line.substr(begin);
}

bool AskYes(const std::string& question, bool usual) {
  const std::string answer = Ask(question + (usual ? " [Y/n]" : " [y/N]"), "");
  if (answer.empty()) return usual;
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace ns::cli
