// The rules that what users write must keep. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/application.h"
#include "model/env.h"
#include "model/platform.h"

namespace ns::model {

// A field that breaks a rule: the message names the rule and the value.
struct Violation {
  std::string field;  // as the request names it: "websites[0].fqdn"
  std::string message;
  friend bool operator==(const Violation&, const Violation&) = default;
};
using Violations = std::vector<Violation>;

// `value` in quotes for a message: shortened, control characters and broken UTF-8 made visible.
std::string Quoted(std::string_view value);

// 1 to 100 characters, no control characters (Unicode's category Cc).
void CheckName(const std::string& field, std::string_view name, Violations& out);
// [A-Z_][A-Z0-9_]*, at most 100 bytes.
void CheckEnvKey(const std::string& field, std::string_view key, Violations& out);
// At most 64 KiB without NUL.
void CheckEnvValue(const std::string& field, std::string_view value, Violations& out);
// A name that Git allows: "main", "refs/heads/main", "HEAD", a tag.
void CheckRef(const std::string& field, std::string_view ref, Violations& out);
// A path that stays inside the source: relative, no "..".
void CheckSourcePath(const std::string& field, std::string_view path, Violations& out);
// An image as registries name it; empty is left to the caller.
void CheckImage(const std::string& field, std::string_view image, Violations& out);
// Shell-like words.
void CheckCommand(const std::string& field, std::string_view text, Violations& out);

// Whether `host` lies in an available domain: "example.com" is itself, "*.example.com" any depth
// below; excludes take away.
bool Covers(const Domain& domain, std::string_view host);
// The first domain that covers `host`, one that offers authentication before others; null when none
// does.
const Domain* FindDomain(const std::vector<Domain>& domains, std::string_view host);
// The one spelling of a host name: in lower case, and labels beyond ASCII as A-labels ("xn--...",
// UTS #46). One that IDNA does not allow stays as it is but for the case of ASCII.
std::string CanonicalHost(std::string_view host);
// Labels, lengths and IDNA of a host name in that spelling.
void CheckHost(const std::string& field, std::string_view host, Violations& out);
// The one spelling of a path among those that RFC 3986 6.2.2 calls equal: unreserved characters as
// themselves, %XX in upper case. One with a "%" without two hex digits stays as it is: half of
// it would be another path, which the check takes.
std::string CanonicalPath(std::string_view path);
void CheckPathPrefix(const std::string& field, std::string_view path, Violations& out);

// Of one application: each website by itself and in what the platform offers, and no two alike.
// `field` is that of the list.
void CheckWebsites(const std::string& field, const std::vector<Website>& websites,
                   const PlatformInfo& platform, Violations& out);
void CheckPorts(const std::string& field, const std::vector<PortPublication>& ports,
                const PlatformInfo& platform, Violations& out);

// How a request names the lists of an application's addresses.
struct AddressFields {
  std::string websites = "websites", ports = "port_publications";
};

// What another application holds.
struct Held {
  std::vector<UserId> owners;
  std::vector<Website> websites;
  std::vector<PortPublication> ports;
};
// What the application may not have because `others` hold it. `owns`: whether the caller owns an
// application with these owners, which allows paths below or above one another.
std::optional<Violation> FindConflict(const std::vector<Website>& websites,
                                      const std::vector<PortPublication>& ports,
                                      const std::vector<Held>& others,
                                      const std::function<bool(const std::vector<UserId>&)>& owns,
                                      const AddressFields& fields = {});

}  // namespace ns::model
