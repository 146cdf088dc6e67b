#include "base_images.h"

#include <sys/utsname.h>

#include <algorithm>
#include <set>

#include "build/dockerfile_words.h"
#include "ns/sdk/error.h"

namespace ns::engine_buildah {
namespace {

using Words = std::vector<std::string>;
using Values = std::map<std::string, std::string>;

constexpr const char* kTransports[] = {"containers-storage",
                                       "dir",
                                       "docker-archive",
                                       "docker-daemon",
                                       "oci",
                                       "oci-archive",
                                       "oci-layout",
                                       "ostree",
                                       "sif",
                                       "tarball",
                                       "http",
                                       "https",
                                       "atomic"};

std::string Architecture() {
  utsname machine{};
  ::uname(&machine);
  const std::string name = machine.machine;
  return name == "x86_64" ? "amd64" : name == "aarch64" ? "arm64" : name;
}

Values Platform() {
  const std::string architecture = Architecture();
  Values values;
  for (const std::string whose : {"BUILD", "TARGET"}) {
    values[whose + "PLATFORM"] = "linux/" + architecture;
    values[whose + "OS"] = "linux";
    values[whose + "ARCH"] = architecture;
    values[whose + "VARIANT"] = "";
  }
  return values;
}

// What stands between the braces: NAME, NAME:-otherwise, NAME:+instead.
std::string Braces(const std::string& inside, const Values& values) {
  const size_t at = inside.find(':');
  const auto known = values.find(inside.substr(0, at));
  const std::string value = known == values.end() ? "" : known->second;
  if (at == std::string::npos || at + 1 >= inside.size()) return value;
  const std::string word = inside.substr(at + 2);
  if (inside[at + 1] == '-') return value.empty() ? word : value;
  return value.empty() ? "" : word;
}

std::string Expanded(const std::string& text, const Values& values) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '$') {
      out += text[at++];
      continue;
    }
    const bool braces = text.compare(at + 1, 1, "{") == 0;
    const size_t begin = at + (braces ? 2 : 1);
    const size_t end = std::min(
        braces ? text.find('}', begin)
               : text.find_first_not_of(
                     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_", begin),
        text.size());
    out += Braces(text.substr(begin, end - begin), values);
    at = std::min(end + (braces ? 1 : 0), text.size());
  }
  return out;
}

bool LeadsToARegistry(const std::string& name) {
  constexpr const char* kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/:@-";
  const std::string before = name.substr(0, name.find(':'));
  const bool transport =
      before.size() < name.size() && std::any_of(std::begin(kTransports), std::end(kTransports),
                                                 [&](const char* one) { return before == one; });
  const bool odd = name.find_first_not_of(kAllowed) != std::string::npos ||
                   name.find("//") != std::string::npos || name.find(":/") != std::string::npos ||
                   std::string_view("/.:@-").find(name.front()) != std::string_view::npos;
  return !transport && !odd && !name.starts_with("localhost/");
}

class Reading {
 public:
  explicit Reading(const Values& args) : args_(args), values_(Platform()) {
    for (const auto& [key, value] : args) values_[key] = value;
  }

  std::vector<BaseImage> Of(std::string_view text) {
    for (const Words& words : build::DockerfileInstructions(text)) Take(words);
    return std::move(images_);
  }

 private:
  void Take(const Words& words) {
    const std::string name = build::UpperCase(words.front());
    if (name == "ARG" && stages_.empty()) Define(words);
    if (name == "FROM") From(words);
    if (name == "COPY" || name == "ADD" || name == "RUN") Flags(words);
    if (name == "ONBUILD" && words.size() > 1) Flags({words.begin() + 1, words.end()});
  }

  void Define(const Words& words) {
    for (size_t i = 1; i < words.size(); ++i) {
      const size_t equals = words[i].find('=');
      const std::string key = words[i].substr(0, equals);
      if (equals != std::string::npos && !args_.contains(key))
        values_[key] = Expanded(build::Unquoted(words[i].substr(equals + 1)), values_);
    }
  }

  void From(const Words& words) {
    std::string platform;
    size_t at = 1;
    for (; at < words.size() && words[at].starts_with("--"); ++at) {
      if (words[at].starts_with("--platform="))
        platform = Expanded(build::Unquoted(words[at].substr(11)), values_);
    }
    if (at < words.size()) Add(words[at], platform);
    const bool named = at + 2 < words.size() && build::UpperCase(words[at + 1]) == "AS";
    stages_.push_back(named ? build::UpperCase(words[at + 2]) : "");
  }

  void Flags(const Words& words) {
    for (size_t at = 1; at < words.size() && words[at].starts_with("--"); ++at) {
      const std::string word = build::Unquoted(words[at]);
      if (word.starts_with("--from=")) Add(word.substr(7), "");
      if (!word.starts_with("--mount=")) continue;
      for (size_t from = word.find("from="); from != std::string::npos;
           from = word.find("from=", from + 1)) {
        if (word[from - 1] != ',' && word[from - 1] != '=') continue;
        const size_t begin = from + 5;
        Add(word.substr(begin, word.find(',', begin) - begin), "");
      }
    }
  }

  bool IsStage(const std::string& name) const {
    const bool number = name.find_first_not_of("0123456789") == std::string::npos;
    return number ||
           std::find(stages_.begin(), stages_.end(), build::UpperCase(name)) != stages_.end();
  }

  void Add(const std::string& word, const std::string& platform) {
    std::string name = Expanded(build::Unquoted(word), values_);
    if (name.starts_with("docker://")) name.erase(0, 9);
    if (name.empty() || name == "scratch" || IsStage(name)) return;
    if (!LeadsToARegistry(name))
      throw sdk::Error(NS_E_PRECONDITION, NS_REASON_BASE_IMAGE_UNAVAILABLE,
                       "The base image \"" + name.substr(0, 200) +
                           "\" is not the name of an image at a registry, and images are taken "
                           "from nowhere else; correct its name.",
                       sdk::Fault::kSource);
    const std::string own = Platform().at("BUILDPLATFORM");
    const BaseImage image{name, platform == own ? "" : platform};
    if (std::find(images_.begin(), images_.end(), image) == images_.end()) images_.push_back(image);
  }

  const Values& args_;
  Values values_;
  std::vector<std::string> stages_;  // names in capitals
  std::vector<BaseImage> images_;
};

}  // namespace

std::vector<BaseImage> BaseImagesOf(std::string_view dockerfile,
                                    const std::map<std::string, std::string>& args) {
  return Reading(args).Of(dockerfile);
}

}  // namespace ns::engine_buildah
