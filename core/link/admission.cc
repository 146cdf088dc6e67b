#include "link/admission.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/loopback.h"

namespace ns::link {
namespace {

constexpr std::string_view kBearer = "Bearer ";

template <class Texts>
bool Contains(const Texts& texts, std::string_view text) {
  return std::ranges::find(texts, text) != texts.end();
}

// By their digests, so that not even the length shows.
bool SameToken(const Secret& token, std::string_view shown) {
  return EqualInConstantTime(Sha256Hex(token.Reveal()), Sha256Hex(shown));
}

}  // namespace

bool SpeaksTls(const std::string& address, const Identity& identity) {
  return !IsLoopback(address) || !identity.ca.empty();
}

Admission::Admission(std::vector<KnownHost> hosts, bool certificates)
    : hosts_(std::move(hosts)), certificates_(certificates) {}

bool Admission::Is(const KnownHost& host, const Credentials& shown) const {
  if (certificates_ && !Contains(shown.certificates, host.name)) return false;
  if (host.token.empty()) return certificates_;
  const std::string_view text = shown.authorization;
  return text.starts_with(kBearer) && SameToken(host.token, text.substr(kBearer.size()));
}

Result<std::string> Admission::Admit(const Credentials& shown, std::string_view role) const {
  for (const KnownHost& host : hosts_) {
    if (!Is(host, shown)) continue;
    if (Contains(host.roles, role)) return host.name;
    return Status(Code::kDenied, "RoleNotGranted",
                  "the host " + host.name + " may not act as " + std::string(role) +
                      "; its roles stand under link.hosts");
  }
  return Status(Code::kUnauthenticated, "HostUnknown",
                certificates_ ? "no host under link.hosts has this certificate and token"
                              : "no host under link.hosts has this token");
}

}  // namespace ns::link
