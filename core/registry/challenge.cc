#include "registry/challenge.h"

#include <algorithm>
#include <cctype>
#include <map>

namespace ns::registry {
namespace {

constexpr std::string_view kBearer = "bearer ";

std::string Escape(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~:/").find(c) != std::string_view::npos) {
      escaped += c;
    } else {
      escaped += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return escaped;
}

// key="value" or key=value, separated by commas.
std::map<std::string, std::string> Parameters(std::string_view text) {
  std::map<std::string, std::string> values;
  while (!text.empty()) {
    text.remove_prefix(std::min(text.find_first_not_of(" ,\t"), text.size()));
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) break;
    const std::string key(text.substr(0, equals));
    text.remove_prefix(equals + 1);
    const bool quoted = text.starts_with('"');
    if (quoted) text.remove_prefix(1);
    const size_t end = std::min(text.find(quoted ? '"' : ','), text.size());
    values[key] = std::string(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return values;
}

bool StartsWithBearer(std::string_view header) {
  for (size_t i = 0; i < kBearer.size(); ++i) {
    if (i >= header.size() || std::tolower(static_cast<unsigned char>(header[i])) != kBearer[i])
      return false;
  }
  return true;
}

}  // namespace

std::string Challenge::TokenUrl() const {
  std::string url =
      realm + (realm.find('?') == std::string::npos ? "?" : "&") + "service=" + Escape(service);
  if (!scope.empty()) url += "&scope=" + Escape(scope);
  return url;
}

std::optional<Challenge> ParseChallenge(std::string_view header) {
  if (!StartsWithBearer(header)) return std::nullopt;
  auto values = Parameters(header.substr(kBearer.size()));
  Challenge challenge{values["realm"], values["service"], values["scope"]};
  if (!challenge.realm.starts_with("https://") && !challenge.realm.starts_with("http://"))
    return std::nullopt;
  return challenge;
}

}  // namespace ns::registry
