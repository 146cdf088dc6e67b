// Logging in and out, and who one is.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>

#include "context.h"
#include "failure.h"
#include "identity.h"
#include "logins.h"
#include "neoshowcase/platform/v1/token.pb.h"
#include "terminal.h"
#include "text.h"
#include "token_text.h"

namespace ns::cli {
namespace {

constexpr char kCurrent[] = "neoshowcase.platform.v1.TokenService/GetCurrentToken";
constexpr char kRevoke[] = "neoshowcase.platform.v1.TokenService/RevokeToken";
constexpr char kMe[] = "neoshowcase.protobuf.APIService/GetMe";

struct Given {
  std::string server, token_file;
  bool plain = false, all = false, revoke = false;
};

// From a file, standard input or the terminal; never from the command line, which others can see.
std::string ReadToken(const Given& given) {
  std::string token;
  if (!given.token_file.empty() && given.token_file != "-") {
    std::ifstream file(given.token_file);
    std::getline(file, token);
  } else if (given.token_file == "-" || !IsInteractive()) {
    std::getline(std::cin, token);
  } else {
    token = AskHidden("Token for " + given.server);
    token.erase(0, token.find_first_not_of(" \t"));
  }
  while (!token.empty() && std::isspace(static_cast<unsigned char>(token.back()))) token.pop_back();
  if (token.starts_with("nst_") && token.find_first_of(" \t\r\n") == std::string::npos)
    return token;
  throw Failure(Exit::kUsage,
                "That is no token: one begins with nst_ and stands alone on the first line. `ns "
                "token create` makes one.");
}

struct Who {
  api::User user;
  platform::GetCurrentTokenResponse current;
};

Who AskWho(Client& client) {
  Who who;
  client.Call(kMe, google::protobuf::Empty(), who.user);
  client.Call(kCurrent, google::protobuf::Empty(), who.current);
  return who;
}

std::string Described(const platform::Token& token) {
  return "\"" + Plain(token.name()) + "\", scope " + ScopeName(token.scope()) + ", " +
         (token.limited() ? "for some applications" : "for all applications") + ", " +
         (token.has_expires_at() ? "until " + Day(token.expires_at()) : "for good");
}

void LogIn(Context& context, Given given) {
  given.server = ServerKey(given.server.empty() ? context.server : given.server);
  ParseServer(given.server);
  if (GoesInTheClear(given.server) && !given.plain)
    throw Failure(Exit::kUsage, given.server +
                                    " is not encrypted: everybody between could take the token. "
                                    "Use https, or say --plain-http.");
  const std::string token = ReadToken(given);
  Client client(given.server, token);
  const Who who = AskWho(client);
  if (!who.current.has_token())
    throw Failure(Exit::kDenied,
                  "The server did not take the token as one of its own: something "
                  "before it replaces the Authorization header.");
  Logins logins = Logins::Load();
  logins.tokens[given.server] = token;
  logins.usual = given.server;
  logins.Save();
  context.Done("Logged in at " + given.server + " as " + Plain(who.user.name()) + " by the token " +
               Described(who.current.token()) + ".");
}

// Ends the token at the server; one that has ended already is no failure.
void Revoke(const std::string& server, const std::string& token) {
  Client client(server, token);
  platform::GetCurrentTokenResponse current;
  google::protobuf::Empty done;
  try {
    client.Call(kCurrent, google::protobuf::Empty(), current);
    platform::RevokeTokenRequest request;
    request.set_token_id(current.token().id());
    client.Call(kRevoke, request, done);
  } catch (const Refused& refused) {
    if (refused.code() != "unauthenticated") throw;
  }
}

void LogOut(Context& context, const Given& given) {
  Logins logins = Logins::Load();
  const std::string server = ServerKey(given.server.empty() ? context.server : given.server);
  if (!given.all && !logins.tokens.contains(server))
    throw Failure(Exit::kNotFound, "There is no login for " + server + ".");
  for (auto login = logins.tokens.begin(); login != logins.tokens.end();) {
    if (!given.all && login->first != server) {
      ++login;
      continue;
    }
    if (given.revoke) Revoke(login->first, login->second);
    if (logins.usual == login->first) logins.usual.clear();
    login = logins.tokens.erase(login);
  }
  if (logins.usual.empty() && logins.tokens.size() == 1)
    logins.usual = logins.tokens.begin()->first;
  logins.Save();
  context.Done(given.all ? "Logged out everywhere." : "Logged out of " + server + ".");
}

void WhoAmI(Context& context) {
  const Who who = AskWho(context.client());
  if (context.json) {
    const std::string token =
        who.current.has_token() ? JsonLine(who.current.token()) : std::string("null");
    return context.Print("{\"user\":" + JsonLine(who.user) + ",\"token\":" + token + "}\n");
  }
  context.Print(
      Table({{"user", Plain(who.user.name())},
             {"admin", who.user.admin() ? "yes" : "no"},
             {"server", context.server},
             {"token", who.current.has_token() ? Described(who.current.token()) : "none"}}));
}

}  // namespace

void AddLogin(CLI::App& root, Context& context) {
  auto given = std::make_shared<Given>();
  auto* login = root.add_subcommand("login", "store a server and a token for it, once it is tried");
  login->add_option("SERVER", given->server, "http(s)://host; else that of --server");
  login->add_option("--token-file", given->token_file,
                    "file whose first line is the token; -: standard input");
  login->add_flag("--plain-http", given->plain, "send the token without encryption");
  login->callback([given, &context] { LogIn(context, *given); });

  auto* logout = root.add_subcommand("logout", "forget the token of a server");
  logout->add_option("SERVER", given->server, "else that of --server");
  logout->add_flag("--all", given->all, "of every server");
  logout->add_flag("--revoke", given->revoke, "end the token at the server too");
  logout->callback([given, &context] { LogOut(context, *given); });

  auto* who = root.add_subcommand("whoami", "who the server says you are, and by which token");
  who->callback([&context] { WhoAmI(context); });
}

}  // namespace ns::cli
