// Public keys as OpenSSH writes them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace ns::model {

struct AuthorizedKey {
  std::string line;     // "ssh-ed25519 AAAA...": type and base64, the same for the same key
  std::string comment;  // what stood behind; empty: nothing
};

// One line of authorized_keys (sshd(8), AUTHORIZED_KEYS FILE FORMAT) without options: type, base64
// and perhaps a comment, parted by single spaces. Types: ssh-ed25519, ecdsa-sha2-nistp256, -384 and
// -521, ssh-rsa of 2,048 to 16,384 bits, and those of security keys. The blob must be canonical and
// of that type (RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4, PROTOCOL.u2f of
// OpenSSH); whether a point lies on its curve is left to who uses it. kInvalid with a sentence that
// fits behind "public_key: ".
Result<AuthorizedKey> ParseAuthorizedKey(std::string_view text);

// A host's key as the line of its ssh_host_*_key.pub: as ParseAuthorizedKey, but of no security
// key. Gives type and base64.
Result<std::string> ParseHostKey(std::string_view text);

// The line "type base64" of a key's blob, whatever it is; empty where it does not begin with a
// type.
std::string KeyLine(std::string_view blob);

// "SHA256:..." of a line of the above, as ssh-keygen prints it.
std::string KeyFingerprint(std::string_view line);
// "SHA256:... (ssh-ed25519), ..." of several.
std::string KeyFingerprints(const std::vector<std::string>& lines);

}  // namespace ns::model
