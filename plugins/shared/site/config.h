// The operator's configuration of a server of sites, and whom it runs as.
#pragma once

#include <sys/types.h>
#include <optional>
#include <string>
#include <vector>

namespace ns::site {

struct Config {
  std::string binary;   // absolute path; empty: the one found in the usual folders
  std::string user;     // whom the server runs as; empty: www-data where this process is root
  std::string modules;  // folder of the server's modules; empty: Debian's
  int workers = 2;
};

// Throws NS_E_INVALID with "ConfigInvalid". The host has checked `json` against the schema.
Config ParseConfig(const std::string& json);

// The absolute path of a program. Throws NS_E_PRECONDITION: `package` would bring it.
std::string FindProgram(const std::string& configured, const std::string& name,
                        const std::string& package);

struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

// Nothing: the server runs as this process does, which is not root or was told so.
std::optional<Account> AccountOf(const Config& config);

// What stands before a command so that it runs with that account and no right to become another.
std::vector<std::string> AsAccount(const std::optional<Account>& account);

// Throws NS_E_PRECONDITION with the first folder on the way to `path` that the account may not
// enter.
void CheckReachable(const std::optional<Account>& account, const std::string& path);

}  // namespace ns::site
