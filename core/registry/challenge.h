// How a registry asks for a token: the header WWW-Authenticate of RFC 6750 and of the distribution
// specification's token authentication. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ns::registry {

struct Challenge {
  std::string realm, service, scope;
  friend bool operator==(const Challenge&, const Challenge&) = default;
  // The URL that gives the token.
  std::string TokenUrl() const;
};

// Nullopt for anything but a Bearer challenge with an http(s) realm.
std::optional<Challenge> ParseChallenge(std::string_view header);

}  // namespace ns::registry
