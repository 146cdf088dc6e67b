#include "model/received.h"

#include <algorithm>

namespace ns::model {
namespace {

constexpr std::string_view kScheme = "ns-git:";
constexpr size_t kLongest = 63;

bool IsAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

std::string ReceivedNameMistake(std::string_view name) {
  const auto allowed = [](char c) { return IsAlnum(c) || c == '-' || c == '_' || c == '.'; };
  if (name.empty() || name.size() > kLongest)
    return "must have 1 to " + std::to_string(kLongest) + " characters";
  if (!IsAlnum(name.front()) || !std::ranges::all_of(name, allowed))
    return "must be of a-z, 0-9, \"-\", \"_\" and \".\", beginning with a letter or digit";
  if (name.find("..") != std::string_view::npos || name.ends_with('.') || name.ends_with(".git") ||
      name.ends_with(".lock"))
    return "must have no \"..\" and must not end in \".\", \".git\" or \".lock\"";
  return "";
}

std::string ReceivedUrl(std::string_view name) { return std::string(kScheme) + std::string(name); }

std::optional<std::string> ReceivedName(std::string_view url) {
  if (!url.starts_with(kScheme)) return std::nullopt;
  const std::string_view name = url.substr(kScheme.size());
  if (!ReceivedNameMistake(name).empty()) return std::nullopt;
  return std::string(name);
}

bool MayHold(const Repository& whole, const Repository& part) {
  const auto owns = [&](const UserId& owner) {
    return std::ranges::find(part.owners, owner) != part.owners.end();
  };
  return !whole.owners.empty() && std::ranges::all_of(whole.owners, owns);
}

bool IsOpen(const Repository& repository) {
  return repository.credentials.method == GitAuth::kNone && !ReceivedName(repository.url);
}

}  // namespace ns::model
