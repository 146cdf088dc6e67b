#include "build/exposed_port.h"

#include <charconv>
#include <map>
#include <string>
#include <vector>

#include "build/dockerfile_words.h"

namespace ns::build {
namespace {

class Reading {
 public:
  int Port(std::string_view text) {
    for (const auto& words : DockerfileInstructions(text)) Take(words);
    return port_;
  }

 private:
  void Take(const std::vector<std::string>& words) {
    const std::string name = UpperCase(words.front());
    if (name == "ARG" || name == "ENV") Define(words);
    if (name == "FROM") fresh_ = true;
    if (name != "EXPOSE") return;
    for (size_t i = 1; i < words.size(); ++i) Expose(words[i]);
  }

  void Define(const std::vector<std::string>& words) {
    for (size_t i = 1; i < words.size(); ++i) {
      const size_t equals = words[i].find('=');
      if (equals != std::string::npos)
        values_[words[i].substr(0, equals)] = Unquoted(words[i].substr(equals + 1));
    }
    if (words.size() == 3 && words[1].find('=') == std::string::npos)
      values_[words[1]] = Unquoted(words[2]);  // ENV NAME value
  }

  // The first TCP port of a stage counts.
  void Expose(const std::string& word) {
    std::string text = Value(Unquoted(word));
    if (const size_t slash = text.find('/'); slash != std::string::npos) {
      if (UpperCase(text.substr(slash + 1)) != "TCP") return;
      text.resize(slash);
    }
    int port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || (*end != '\0' && *end != '-') || port < 1 || port > 65535 ||
        !fresh_)
      return;
    port_ = port;
    fresh_ = false;
  }

  // $NAME, ${NAME} and ${NAME:-value} at the beginning.
  std::string Value(const std::string& text) const {
    if (!text.starts_with('$')) return text;
    const bool braces = text.starts_with("${");
    const size_t begin = braces ? 2 : 1;
    const size_t end = braces ? text.find('}') : text.find('/');
    const std::string name = text.substr(begin, end == std::string::npos ? end : end - begin);
    const std::string rest = end == std::string::npos ? "" : text.substr(braces ? end + 1 : end);
    const size_t otherwise = name.find(":-");
    const auto known = values_.find(name.substr(0, otherwise));
    if (known != values_.end()) return known->second + rest;
    return otherwise == std::string::npos ? "" : name.substr(otherwise + 2) + rest;
  }

  std::map<std::string, std::string> values_;
  int port_ = 0;
  bool fresh_ = true;  // no port of this stage was taken yet
};

}  // namespace

int ExposedPort(std::string_view dockerfile) { return Reading().Port(dockerfile); }

}  // namespace ns::build
