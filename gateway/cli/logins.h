// Servers that `ns login` has stored, with their tokens: logins.json below
// $XDG_CONFIG_HOME/neoshowcase
// (~/.config/neoshowcase), which nobody else may read.
#pragma once

#include <map>
#include <string>

namespace ns::cli {

struct Logins {
  std::string usual;                          // server of a command that names none; empty: none
  std::map<std::string, std::string> tokens;  // by server

  // Those of the file; none where there is no file, and no home for one. Throws Failure where
  // others may read it, or it is no such file.
  static Logins Load();
  // Written whole and renamed into place, mode 0600. Throws Failure.
  void Save() const;
};

// Where they are stored. Throws Failure where the environment names no home.
std::string LoginsPath();

// The server of a command that names none: NS_SERVER, else that of the newest login, else
// `builtin`.
std::string UsualServer(const std::string& builtin);
// What a call of that server shows: NS_TOKEN, else the token that is stored for it, else nothing.
// Throws Failure(kUsage) where NS_TOKEN would go there in the clear and NS_PLAIN_HTTP is not 1.
std::string TokenFor(const std::string& server);

// "https://host" of "https://HOST/": one form for one server.
std::string ServerKey(const std::string& server);
// A server, by its key, to which a token would travel so that others can read it on the way.
bool GoesInTheClear(const std::string& server);

}  // namespace ns::cli
