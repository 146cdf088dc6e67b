#include "config/json.h"

#include <algorithm>

#include "config/scalars.h"

namespace ns::config {
namespace {

constexpr int kMaxDepth = 50;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A number as JSON writes it.
bool IsNumber(const std::string& text) {
  size_t at = text.starts_with('-') ? 1 : 0;
  const size_t first = at;
  const auto digits = [&] {
    const size_t begin = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    return at > begin;
  };
  if (!digits() || (text[first] == '0' && at - first > 1)) return false;
  if (at < text.size() && text[at] == '.' && (++at, !digits())) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits()) return false;
  }
  return at == text.size();
}

bool NamesSecret(const std::string& key) {
  for (const char* word : {"password", "secret", "token", "private_key", "credential"}) {
    if (key.find(word) != std::string::npos) return true;
  }
  return false;
}

std::string Scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  const bool plain = node.Tag() != "!";
  if (plain && (text == "true" || text == "false" || IsNumber(text))) return text;
  if (plain && (text == "null" || text == "~" || text.empty())) return "null";
  return Quote(text);
}

class Writer {
 public:
  Writer(bool hide, std::string& mistake) : hide_(hide), mistake_(mistake) {}

  void Write(const YAML::Node& node, int depth) {
    if (depth > kMaxDepth) {
      mistake_ = "is nested more than " + std::to_string(kMaxDepth) + " deep";
      return;
    }
    if (node.IsMap()) return WriteMap(node, depth);
    if (node.IsSequence()) return WriteList(node, depth);
    out_ += node.IsScalar() ? Scalar(node) : "null";
  }
  std::string Take() { return std::move(out_); }

 private:
  void WriteMap(const YAML::Node& node, int depth) {
    std::string separator = "{";
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      if (!entry.first.IsScalar()) mistake_ = "has a key that is not a text";
      out_ += separator + Quote(key) + ":";
      if (hide_ && NamesSecret(key)) {
        out_ += "\"(secret)\"";
      } else {
        Write(entry.second, depth + 1);
      }
      separator = ",";
    }
    out_ += separator == "{" ? "{}" : "}";
  }
  void WriteList(const YAML::Node& node, int depth) {
    std::string separator = "[";
    for (const auto& item : node) {
      out_ += separator;
      Write(item, depth + 1);
      separator = ",";
    }
    out_ += separator == "[" ? "[]" : "]";
  }

  const bool hide_;
  std::string& mistake_;
  std::string out_;
};

}  // namespace

std::string ToJson(const YAML::Node& node, bool hide, std::string& mistake) {
  Writer writer(hide, mistake);
  writer.Write(node, 0);
  return writer.Take();
}

}  // namespace ns::config
