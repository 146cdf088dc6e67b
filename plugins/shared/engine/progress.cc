#include "engine/progress.h"

#include <algorithm>
#include <utility>

#include "engine/digest_text.h"

namespace ns::engine {
namespace {

constexpr size_t kShortestHidden = 4;  // bytes; shorter values would tear holes into every line
constexpr size_t kTail = 40;           // lines
constexpr size_t kSaid = 5;            // lines
constexpr size_t kLongestLine = 256 << 10;  // bytes; a longer one is given in parts

// "#5 sha256:357c69b9..."
bool NamesDigest(std::string_view line) {
  if (!line.starts_with("#")) return false;
  const size_t space = line.find(' ');
  return space != std::string_view::npos && IsSha256(line.substr(space + 1));
}

// "#8 0.209 + make" -> "+ make"; empty for anything but a step's own words.
std::string SaidByAStep(const std::string& line) {
  size_t at = 0;
  const auto pass = [&](const char* characters) {
    const size_t from = at;
    at = std::min(line.find_first_not_of(characters, at), line.size());
    return at > from;
  };
  if (!line.starts_with('#') || !(++at, pass("0123456789")) || !pass(" ")) return "";
  if (!pass("0123456789") || !pass(".") || !pass("0123456789") || !pass(" ")) return "";
  return line.substr(at);
}

void KeepLast(std::vector<std::string>& lines, std::string line, size_t most) {
  if (lines.size() == most) lines.erase(lines.begin());
  lines.push_back(std::move(line));
}

void Replace(std::string& text, const std::string& what, std::string_view with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

// Each line of the values, longest first, so that one that holds another goes whole.
std::vector<std::string> Lines(const std::vector<std::string>& values) {
  std::vector<std::string> lines;
  for (const std::string& value : values) {
    for (size_t begin = 0; begin < value.size();) {
      const size_t end = std::min(value.find('\n', begin), value.size());
      if (end - begin >= kShortestHidden) lines.push_back(value.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  std::sort(lines.begin(), lines.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
  return lines;
}

}  // namespace

Progress::Progress(std::vector<std::string> hidden, Sink sink)
    : hidden_(Lines(hidden)), sink_(std::move(sink)) {}

void Progress::Take(std::string_view bytes) {
  for (const char c : bytes) {
    rest_ += c;
    if (c == '\n' || rest_.size() >= kLongestLine) Line(std::exchange(rest_, {}));
  }
}

void Progress::Finish() {
  if (!rest_.empty()) Line(std::exchange(rest_, {}) + "\n");
}

void Progress::Line(std::string line) {
  const std::string_view text = std::string_view(line).substr(0, line.find('\n'));
  if (NamesDigest(text)) return;
  for (const std::string& value : hidden_) Replace(line, value, "***");
  const std::string whole = line.substr(0, line.find_last_not_of("\r\n") + 1);
  if (whole.find_first_not_of("\r ") != std::string::npos) KeepLast(tail_, whole, kTail);
  if (std::string said = SaidByAStep(whole); !said.empty()) KeepLast(said_, std::move(said), kSaid);
  sink_(line);
}

}  // namespace ns::engine
