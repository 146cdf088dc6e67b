#include "api/identity.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "api/accounts.h"
#include "base/ascii.h"
#include "base/crypto.h"
#include "model/token_text.h"
#include "model/validate.h"

namespace ns::api {
namespace {

constexpr std::string_view kLocal = "@local";

Status Nobody(std::string reason, std::string message) {
  return {Code::kUnauthenticated, std::move(reason), std::move(message)};
}

// The kernel tells the one group that the peer's process runs with; who is a member besides is
// asked last, of those whom nothing else makes admins.
Claim FromCredentials(const IdentitySettings& settings, const Peer& peer) {
  const auto holds = [](const std::vector<uint32_t>& ids, uint32_t id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  };
  const Account account = AccountOf(peer.uid);
  Claim claim{account.name + std::string(kLocal), false};
  claim.admin = peer.uid == 0 || holds(settings.service_uids, peer.uid) ||
                holds(settings.service_gids, peer.gid) || ConfiguredAdmin(settings, claim.name) ||
                std::any_of(settings.service_gids.begin(), settings.service_gids.end(),
                            [&](uint32_t gid) { return IsMember(account, gid); });
  return claim;
}

// The one value of a header; nullopt when it is absent, a failure when it comes twice.
Result<std::optional<std::string>> HeaderOf(const Peer& peer, const std::string& name) {
  std::optional<std::string> found;
  for (const auto& [key, value] : peer.headers) {
    if (!SameName(key, name)) continue;
    if (found)
      return Nobody(
          "AmbiguousIdentity",
          "the header " + name + " comes twice: the proxy must replace it, not add to it");
    found = value;
  }
  return found;
}

// The API token that came, if one did: scheme in any case, one space or more (RFC 9110
// section 11.4).
Result<std::optional<std::string>> TokenOf(const Peer& peer) {
  NS_ASSIGN(const auto header, HeaderOf(peer, "Authorization"));
  constexpr std::string_view kScheme = "bearer ";
  if (!header || !SameName(std::string_view(*header).substr(0, kScheme.size()), kScheme))
    return std::optional<std::string>();
  const size_t start = header->find_first_not_of(' ', kScheme.size());
  if (start == std::string::npos || !header->substr(start).starts_with(model::kTokenPrefix))
    return std::optional<std::string>();
  std::string text = header->substr(start);
  if (!model::IsTokenText(text)) {
    return Nobody(
        "BadToken",
        "the token is mistyped or cut off: one has \"nst_\" and 46 letters and digits, of "
        "which the last six check the others");
  }
  return std::optional(std::move(text));
}

// An IPv4 address that came over an IPv6 socket, in its own form.
std::string_view Plain(std::string_view address) {
  constexpr std::string_view kMapped = "::ffff:";
  const bool mapped = address.starts_with(kMapped) && address.find('.') != std::string_view::npos;
  return mapped ? address.substr(kMapped.size()) : address;
}

Status CheckProxy(const IdentitySettings& settings, const Peer& peer) {
  const auto trusted = [&](const std::string& proxy) {
    return Plain(proxy) == Plain(peer.address);
  };
  if (std::none_of(settings.proxies.begin(), settings.proxies.end(), trusted)) {
    return Nobody("ProxyNotTrusted",
                  "the header " + settings.header +
                      " counts only from an address listed under `identity.proxies`, not from " +
                      peer.address);
  }
  NS_ASSIGN(const auto secret, HeaderOf(peer, settings.secret_header));
  if (settings.secret.empty() || !secret ||
      !EqualInConstantTime(*secret, settings.secret.Reveal())) {
    return Nobody("ProxySecretWrong", "the proxy does not prove itself by " +
                                          settings.secret_header +
                                          ": set `identity.secret` at both ends");
  }
  return Status();
}

// `name` as `from` says it.
Result<Claim> Named(const IdentitySettings& settings, const std::string& from,
                    const std::string& name) {
  model::Violations violations;
  model::CheckName(from, name, violations);
  if (!violations.empty())
    return Nobody("BadIdentity", violations.front().field + ": " + violations.front().message);
  if (Lowered(name).ends_with(kLocal)) {
    return Nobody("BadIdentity", from + ": names that end in " + std::string(kLocal) +
                                     " belong to accounts of the machine, got " +
                                     model::Quoted(name));
  }
  return Claim{name, ConfiguredAdmin(settings, name)};
}

Result<Claim> FromSignedToken(const IdentitySettings& settings, const Peer& peer,
                              const std::string& token, Time now) {
  NS_ASSIGN(const auto host, HeaderOf(peer, "Host"));
  NS_ASSIGN(const IdentityClaims claims,
            VerifyIdentityToken(settings.token_rules, token, host.value_or(""), now));
  NS_ASSIGN(Claim claim, Named(settings, settings.token_header, claims.name));
  const auto makes_admin = [&](const std::string& group) {
    return std::find(settings.admin_groups.begin(), settings.admin_groups.end(), group) !=
           settings.admin_groups.end();
  };
  claim.admin = claim.admin || std::any_of(claims.groups.begin(), claims.groups.end(), makes_admin);
  return claim;
}

}  // namespace

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && Lowered(a) == Lowered(b);
}

Result<Claim> Identify(const IdentitySettings& settings, const Peer& peer, Time now) {
  NS_ASSIGN(const auto token, TokenOf(peer));
  if (token) return Claim{{}, false, Secret(*token)};
  if (peer.has_credentials) return FromCredentials(settings, peer);
  if (!settings.token_rules.keys.empty()) {
    NS_ASSIGN(const auto signed_token, HeaderOf(peer, settings.token_header));
    if (signed_token) return FromSignedToken(settings, peer, *signed_token, now);
  }
  if (settings.header.empty())
    return Nobody("NoIdentity",
                  "nothing says who calls: use the Unix socket, or set up `identity` for a proxy");
  NS_ASSIGN(const auto name, HeaderOf(peer, settings.header));
  if (!name || name->empty())
    return Nobody("NoIdentity", "nothing says who calls: log in, or use the Unix socket");
  NS_TRY(CheckProxy(settings, peer));
  return Named(settings, settings.header, *name);
}

bool ConfiguredAdmin(const IdentitySettings& settings, const std::string& name) {
  return std::any_of(settings.admins.begin(), settings.admins.end(),
                     [&](const std::string& admin) { return SameName(admin, name); });
}

bool AlwaysAdmin(const IdentitySettings& settings, const model::User& user) {
  return user.granted || ConfiguredAdmin(settings, user.name) ||
         SameName(user.name, "root" + std::string(kLocal));
}

}  // namespace ns::api
