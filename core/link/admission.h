// Who may come in, and as what. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "link/security.h"

namespace ns::link {

// What a peer shows.
struct Credentials {
  std::string authorization;              // "Bearer <token>", or empty
  std::vector<std::string> certificates;  // names in its verified certificate
};

class Admission {
 public:
  // `certificates`: each peer has shown a certificate of the installation's authority, and may only
  // be the host that it names.
  Admission(std::vector<KnownHost> hosts, bool certificates);

  // The name of the host, where it may act in that role. kUnauthenticated: no such host.
  // kDenied: it is known, but not for this.
  Result<std::string> Admit(const Credentials& shown, std::string_view role) const;

 private:
  bool Is(const KnownHost& host, const Credentials& shown) const;

  const std::vector<KnownHost> hosts_;
  const bool certificates_;
};

}  // namespace ns::link
