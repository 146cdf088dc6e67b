// How hosts show each other who they are. Texts, not paths; certificates and keys are PEM.
#pragma once

#include <string>
#include <vector>

#include "base/secret.h"

namespace ns::link {

// Of a host that connects to another.
struct Identity {
  Secret token;             // or empty
  std::string certificate;  // of this host, or empty
  Secret key;               // of that certificate
  std::string ca;           // who signs the other side's certificate; empty: as the system has it
};

// Plain text is spoken to an address of this machine ("host:port", "unix:/path"), unless a `ca` is
// named.
bool SpeaksTls(const std::string& address, const Identity& identity);

// A host that may come in.
struct KnownHost {
  std::string name;
  Secret token;                    // empty: its certificate must be enough
  std::vector<std::string> roles;  // "builder", "services"
};

}  // namespace ns::link
