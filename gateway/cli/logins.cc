#include "logins.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "failure.h"

namespace ns::cli {
namespace {

namespace json = boost::json;

Failure Cannot(const std::string& what, const std::string& path) {
  return {Exit::kFailed, "Cannot " + what + " " + path + ": " + std::strerror(errno) + "."};
}

Logins Read(const std::string& text) {
  Logins logins;
  const json::value whole = json::parse(text);
  if (const auto* usual = whole.as_object().if_contains("usual"))
    logins.usual = usual->as_string().c_str();
  for (const auto& server : whole.at("servers").as_object())
    logins.tokens[std::string(server.key())] = server.value().at("token").as_string().c_str();
  return logins;
}

std::string Text(const Logins& logins) {
  json::object servers;
  for (const auto& [server, token] : logins.tokens) servers[server] = {{"token", token}};
  return json::serialize(json::object{{"usual", logins.usual}, {"servers", servers}}) + "\n";
}

// A new file that nobody else may read, whatever the umask.
void WriteNew(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) throw Cannot("make", path);
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  errno = error;
  if (written) return;
  const Failure failure = Cannot("write", path);
  ::unlink(path.c_str());
  throw failure;
}

// That the token of the environment would go to that server in the clear, unless it is allowed to.
// Rationale: one that is stored was allowed to by `ns login`.
void RefuseInTheClear(const std::string& key) {
  const char* plain = std::getenv("NS_PLAIN_HTTP");
  if (!GoesInTheClear(key) || (plain && std::strcmp(plain, "1") == 0)) return;
  throw Failure(Exit::kUsage, key +
                                  " is not encrypted: everybody between could take the token of "
                                  "NS_TOKEN. Use https, or set NS_PLAIN_HTTP=1.");
}

// Empty: the environment names no home.
std::string PathOrNone() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  if (config && *config == '/') return std::string(config) + "/neoshowcase/logins.json";
  const char* home = std::getenv("HOME");
  if (home && *home == '/') return std::string(home) + "/.config/neoshowcase/logins.json";
  return "";
}

}  // namespace

std::string LoginsPath() {
  const std::string path = PathOrNone();
  if (!path.empty()) return path;
  throw Failure(Exit::kFailed, "Neither HOME nor XDG_CONFIG_HOME is set: logins have no place.");
}

std::string UsualServer(const std::string& builtin) {
  const char* server = std::getenv("NS_SERVER");
  if (server && *server) return server;
  try {
    const std::string usual = Logins::Load().usual;
    return usual.empty() ? builtin : usual;
  } catch (const Failure&) {
    return builtin;  // the call itself says what is wrong with the file
  }
}

std::string TokenFor(const std::string& server) {
  const std::string key = ServerKey(server);
  const char* token = std::getenv("NS_TOKEN");
  if (token && *token) {
    RefuseInTheClear(key);
    return token;
  }
  const Logins logins = Logins::Load();
  const auto stored = logins.tokens.find(key);
  return stored == logins.tokens.end() ? "" : stored->second;
}

std::string ServerKey(const std::string& server) {
  if (server.starts_with("unix:")) return server;
  std::string key = server;
  while (key.ends_with('/')) key.pop_back();
  for (char& c : key) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return key;
}

bool GoesInTheClear(const std::string& server) {
  if (!server.starts_with("http://")) return false;
  if (server.find('@') != std::string::npos) return true;  // what is before it is no host
  const size_t name = server.starts_with("http://[") ? server.find(']', 7) : 7;
  const std::string host = server.substr(7, server.find_first_of(":/", name) - 7);
  return host != "127.0.0.1" && host != "localhost" && host != "[::1]";
}

Logins Logins::Load() {
  const std::string path = PathOrNone();
  if (path.empty()) return {};
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    throw Cannot("look at", path);
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    throw Failure(Exit::kFailed, "Others may read the tokens in " + path + ": chmod 600 " + path +
                                     ", and revoke those that somebody may have read.");
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  try {
    return Read(text.str());
  } catch (const std::exception&) {
    throw Failure(Exit::kFailed,
                  path + " is no file of logins: delete it, and log in with `ns login`.");
  }
}

void Logins::Save() const {
  const std::string path = LoginsPath(), next = path + "." + std::to_string(::getpid());
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (std::filesystem::create_directories(folder, error))
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  ::unlink(next.c_str());  // of a process of that number that was killed
  WriteNew(next, Text(*this));
  if (::rename(next.c_str(), path.c_str()) == 0) return;
  const Failure failure = Cannot("write", path);
  ::unlink(next.c_str());
  throw failure;
}

}  // namespace ns::cli
