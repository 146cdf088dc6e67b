#include "token_text.h"

#include <array>
#include <ctime>

namespace ns::cli {

namespace platform = neoshowcase::platform::v1;

std::string ScopeName(platform::TokenScope scope) {
  switch (scope) {
    case platform::TOKEN_SCOPE_READ:
      return "read";
    case platform::TOKEN_SCOPE_DEPLOY:
      return "deploy";
    case platform::TOKEN_SCOPE_ADMIN:
      return "admin";
    default:
      return "?";
  }
}

std::optional<platform::TokenScope> ScopeNamed(const std::string& name) {
  for (const auto scope :
       {platform::TOKEN_SCOPE_READ, platform::TOKEN_SCOPE_DEPLOY, platform::TOKEN_SCOPE_ADMIN}) {
    if (ScopeName(scope) == name) return scope;
  }
  return std::nullopt;
}

std::string Day(const google::protobuf::Timestamp& time) {
  const std::time_t seconds = time.seconds();
  std::tm parts{};
  std::array<char, 16> text{};
  if (::gmtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts) == 0)
    return "?";
  return text.data();
}

}  // namespace ns::cli
