// The key of an SSH host as the form has it. Pure.
#pragma once

#include <string>

namespace ns::cli::form {

struct HostKey {
  std::string line;     // "ssh-ed25519 AAAA...", without its comment
  std::string mistake;  // what is wrong with it; empty: nothing
};

// One line of ssh_host_*_key.pub of a type that the server takes, whole as far as the lengths in it
// say (RFC 4253 section 6.6). What is in its fields is left to the server.
HostKey ReadHostKey(const std::string& text);

}  // namespace ns::cli::form
