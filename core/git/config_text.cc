#include "git/config_text.h"

#include <algorithm>

#include "base/ascii.h"

namespace ns::git {
namespace {

constexpr size_t kMaxBytes = 1 << 20;
constexpr size_t kMaxSections = 10'000;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool IsAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
// One pass over the text. Every step returns what is wrong, or "".
class Parser {
 public:
  Parser(std::string_view text, const std::function<void(const ConfigVariable&)>& found)
      : text_(text), found_(found) {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
  }

  std::string Run() {
    for (; !AtEnd(); SkipBlanks()) {
      const char c = text_[at_];
      if (c == '\n' || IsBlank(c)) {
        Next();
      } else if (c == '#' || c == ';') {
        SkipLine();
      } else {
        const std::string mistake = c == '[' ? Header() : Variable();
        if (!mistake.empty()) return mistake + " in line " + std::to_string(line_);
      }
    }
    return "";
  }

  bool too_many() const { return sections_ > kMaxSections; }

 private:
  bool AtEnd() const { return at_ >= text_.size() || too_many(); }
  char Next() {
    const char c = text_[at_++];
    if (c == '\n') ++line_;
    return c;
  }
  void SkipBlanks() {
    while (!AtEnd() && IsBlank(text_[at_])) Next();
  }
  void SkipLine() {
    while (!AtEnd() && text_[at_] != '\n') Next();
  }
  std::string Word(bool dots) {
    std::string word;
    while (!AtEnd() && (IsAlnum(text_[at_]) || text_[at_] == '-' || (dots && text_[at_] == '.')))
      word += Next();
    return Lowered(word);
  }

  // [submodule "name"]
  std::string Header() {
    Next();
    const std::string kind = Word(true);
    SkipBlanks();
    std::string name;
    if (!AtEnd() && text_[at_] == '"') {
      Next();
      while (!AtEnd() && text_[at_] != '"' && text_[at_] != '\n') {
        if (text_[at_] == '\\') Next();
        if (AtEnd() || text_[at_] == '\0') return "a section's name that does not end";
        name += Next();
      }
      if (AtEnd() || Next() != '"') return "a section's name that does not end";
    }
    if (AtEnd() || Next() != ']' || kind.empty()) return "a section that is not [kind \"name\"]";
    ++sections_;
    current_.section = kind;
    current_.name = name;
    return "";
  }

  std::string Variable() {
    const std::string key = Word(false);
    if (key.empty()) return "no name of a variable";
    if (current_.section.empty()) return "a variable outside of a section";
    SkipBlanks();
    std::string value;
    if (!AtEnd() && text_[at_] == '=') {
      Next();
      SkipBlanks();
      const std::string mistake = Value(value);
      if (!mistake.empty()) return mistake;
    } else if (!AtEnd() && text_[at_] != '\n' && text_[at_] != '#' && text_[at_] != ';') {
      return "no \"=\" behind \"" + key + "\"";
    }
    current_.key = key;
    current_.value = value;
    found_(current_);
    return "";
  }

  // To the end of the line or a comment. Blanks at the end count where they are quoted.
  std::string Value(std::string& value) {
    bool quoted = false;
    size_t keep = 0;
    while (!AtEnd() && (text_[at_] != '\n' || quoted)) {
      const char c = text_[at_];
      if (c == '\0' || c == '\n') return "a value that does not end";
      if (!quoted && (c == '#' || c == ';')) break;
      Next();
      if (c == '"') {
        quoted = !quoted;
      } else if (c == '\\') {
        const std::string mistake = Escaped(value);
        if (!mistake.empty()) return mistake;
      } else {
        value += c;
        if (!quoted && IsBlank(c)) continue;
      }
      keep = value.size();
    }
    if (quoted) return "a value that does not end";
    value.resize(keep);
    SkipLine();
    return "";
  }

  std::string Escaped(std::string& value) {
    if (!AtEnd() && text_[at_] == '\r') Next();
    switch (AtEnd() ? '\0' : Next()) {
      case '\n':  // the value goes on in the next line
        return "";
      case 'n':
        value += '\n';
        return "";
      case 't':
        value += '\t';
        return "";
      case 'b':
        value += '\b';
        return "";
      case '"':
      case '\\':
        value += text_[at_ - 1];
        return "";
      default:
        return "an unknown \"\\\" sequence";
    }
  }

  const std::string_view text_;
  const std::function<void(const ConfigVariable&)>& found_;
  size_t at_ = 0;
  int line_ = 1;
  size_t sections_ = 0;
  ConfigVariable current_;
};

}  // namespace

Status ParseConfigText(std::string_view file, std::string_view text,
                       const std::function<void(const ConfigVariable&)>& found) {
  Parser parser(text.substr(0, kMaxBytes), found);
  const std::string mistake = parser.Run();
  if (text.size() > kMaxBytes || parser.too_many()) {
    return Status(Code::kExhausted, "LimitExceeded",
                  std::string(file) + " has more than 1 MiB or " + std::to_string(kMaxSections) +
                      " sections")
        .SetFault(Fault::kSource);
  }
  if (!mistake.empty()) {
    return Status(Code::kInvalid, "CheckoutRefused", std::string(file) + " has " + mistake)
        .SetFault(Fault::kSource);
  }
  return {};
}

}  // namespace ns::git
