#include "dotenv.h"

#include <algorithm>
#include <set>

#include "failure.h"

namespace ns::cli {
namespace {

std::string Trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// As the server has it, which cannot say in which line a key stands.
bool IsKey(const std::string& key) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto fits = [&](char c) { return (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_'; };
  return !key.empty() && !is_digit(key[0]) && std::ranges::all_of(key, fits);
}

class Parser {
 public:
  Parser(const std::string& name, const std::string& text) : name_(name), text_(text) {}

  std::vector<std::pair<std::string, std::string>> Parse() {
    while (at_ < text_.size()) TakeLine();
    if (!mistakes_.empty()) throw Failure(Exit::kUsage, "Nothing was set:" + mistakes_);
    return std::move(out_);
  }

 private:
  void Fault(int line, const std::string& message) {
    mistakes_ += "\n" + name_ + ":" + std::to_string(line) + ": " + message;
  }

  void TakeLine() {
    const int line = ++line_;
    const size_t end = std::min(text_.find('\n', at_), text_.size());
    std::string whole = Trimmed(text_.substr(at_, end - at_));
    if (whole.empty() || whole[0] == '#') return Pass(end);
    const size_t equals = text_.find('=', at_);
    if (equals >= end) {
      Fault(line, "must be KEY=VALUE");
      return Pass(end);
    }
    std::string key = Trimmed(text_.substr(at_, equals - at_));
    if (key.starts_with("export ")) key = Trimmed(key.substr(7));
    if (!IsKey(key))
      Fault(line, "the key must match [A-Z_][A-Z0-9_]*, got \"" + key + "\"");
    else if (!seen_.insert(key).second)
      Fault(line, key + " is given twice");
    at_ = std::min(text_.find_first_not_of(" \t", equals + 1), end);
    out_.emplace_back(key, TakeValue(line, end));
  }

  // Leaves the line behind.
  std::string TakeValue(int line, size_t end) {
    const char quote = at_ < text_.size() ? text_[at_] : '\n';
    if (quote != '"' && quote != '\'') {
      std::string value = Trimmed(text_.substr(at_, end - at_));
      Pass(end);
      return value;
    }
    std::string value;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      line_ += text_[at_] == '\n' ? 1 : 0;
      const bool escape = quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size();
      value += escape ? Escaped(text_[++at_]) : text_[at_];
    }
    if (at_ >= text_.size()) {
      Fault(line, std::string("the ") + quote + " has no end");
      return value;
    }
    const size_t stop = std::min(text_.find('\n', ++at_), text_.size());
    const std::string rest = Trimmed(text_.substr(at_, stop - at_));
    if (!rest.empty() && rest[0] != '#') Fault(line_, "behind the value stands \"" + rest + "\"");
    Pass(stop);
    return value;
  }

  static char Escaped(char c) { return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c; }
  void Pass(size_t end) { at_ = end + 1; }

  const std::string& name_;
  const std::string& text_;
  size_t at_ = 0;
  int line_ = 0;
  std::string mistakes_;
  std::set<std::string> seen_;
  std::vector<std::pair<std::string, std::string>> out_;
};

}  // namespace

std::vector<std::pair<std::string, std::string>> ParseDotenv(const std::string& name,
                                                             const std::string& text) {
  return Parser(name, text).Parse();
}

}  // namespace ns::cli
