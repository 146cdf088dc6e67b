#include "api/identity_token.h"

#include <algorithm>
#include <optional>

#include "api/flat_json.h"
#include "api/identity.h"
#include "base/crypto.h"

namespace ns::api {
namespace {

constexpr size_t kMostBytes = 4096;
constexpr size_t kSignature = 64;  // bytes

Status Bad(const std::string& why) {
  return {Code::kUnauthenticated, "BadIdentityToken", "the signed identity token " + why};
}

struct Parts {
  std::string_view header, claims, signature, signed_text;
};

std::optional<Parts> Split(std::string_view token) {
  const size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
               token.substr(second + 1), token.substr(0, second)};
}

Result<FlatObject> Decoded(std::string_view part) {
  NS_ASSIGN(const std::string text, FromBase64Url(part));
  return ParseFlatObject(text);
}

template <class T>
const T* Find(const FlatObject& object, const std::string& name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : std::get_if<T>(&found->second);
}

// The key that the header names.
Result<const IdentityKey*> KeyOf(const IdentityTokenRules& rules, const FlatObject& header) {
  for (const auto& [name, value] : header) {
    if (name != "alg" && name != "kid" && name != "typ")
      return Bad("has a header with more than alg, kid and typ");
  }
  const auto* alg = Find<std::string>(header, "alg");
  if (alg == nullptr || *alg != "EdDSA") return Bad("must have the alg EdDSA");
  if (const auto* typ = Find<std::string>(header, "typ");
      header.contains("typ") && (typ == nullptr || !SameName(*typ, "JWT")))
    return Bad("must have the typ JWT, or none");
  const auto* kid = Find<std::string>(header, "kid");
  const auto key = std::find_if(rules.keys.begin(), rules.keys.end(), [&](const IdentityKey& one) {
    return kid != nullptr && one.id == *kid;
  });
  if (key == rules.keys.end()) return Bad("names by kid no key of identity.keys");
  return &*key;
}

bool NamesAudience(const FlatObject& claims, const std::string& audience) {
  if (const auto* one = Find<std::string>(claims, "aud")) return *one == audience;
  const auto* list = Find<std::vector<std::string>>(claims, "aud");
  return list != nullptr && std::find(list->begin(), list->end(), audience) != list->end();
}

Status CheckTimes(const FlatObject& claims, Time now) {
  const auto seconds = [](Duration duration) { return duration / std::chrono::seconds(1); };
  const int64_t at = now.time_since_epoch() / std::chrono::seconds(1);
  const int64_t skew = seconds(kIdentitySkew);
  const auto* issued = Find<int64_t>(claims, "iat");
  const auto* expires = Find<int64_t>(claims, "exp");
  const auto* begins = Find<int64_t>(claims, "nbf");
  if (issued == nullptr || expires == nullptr)
    return Bad("must have iat and exp as whole numbers of seconds");
  if (*expires <= *issued || *expires - *issued > seconds(kIdentityLife))
    return Bad("must be good for more than none and at most 60 seconds");
  if (at >= *expires + skew) return Bad("has expired");
  if (*issued > at + skew) return Bad("is of the future: compare the clocks");
  if (claims.contains("nbf") && (begins == nullptr || *begins > at + skew))
    return Bad("is not good yet");
  return {};
}

Result<IdentityClaims> ReadClaims(const FlatObject& claims) {
  IdentityClaims out;
  const auto* name = Find<std::string>(claims, "name");
  if (name == nullptr) return Bad("must have a name");
  out.name = *name;
  if (!claims.contains("groups")) return out;
  const auto* groups = Find<std::vector<std::string>>(claims, "groups");
  if (groups == nullptr) return Bad("must have groups as a list of names");
  out.groups = *groups;
  return out;
}

}  // namespace

Result<IdentityClaims> VerifyIdentityToken(const IdentityTokenRules& rules, std::string_view token,
                                           std::string_view host, Time now) {
  if (token.size() > kMostBytes) return Bad("must have at most 4096 bytes");
  const auto parts = Split(token);
  if (!parts) return Bad("must be a compact JWS: three parts with dots between");
  const auto header = Decoded(parts->header);
  if (!header.ok()) return Bad("has a header that is no canonical base64url of strict JSON");
  NS_ASSIGN(const IdentityKey* key, KeyOf(rules, *header));
  const auto signature = FromBase64Url(parts->signature);
  if (!signature.ok() || signature->size() != kSignature ||
      !VerifyEd25519(key->public_key, parts->signed_text, *signature))
    return Bad("has a signature that is not of its key");
  const auto claims = Decoded(parts->claims);
  if (!claims.ok()) return Bad("has claims that are no canonical base64url of strict JSON");
  if (!NamesAudience(*claims, rules.audience)) return Bad("is for another audience");
  const auto* claimed = Find<std::string>(*claims, "host");
  if (claimed == nullptr || host.empty() || !SameName(*claimed, host))
    return Bad("is for another host than that of the request");
  NS_TRY(CheckTimes(*claims, now));
  return ReadClaims(*claims);
}

}  // namespace ns::api
