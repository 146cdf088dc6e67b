#include "model/repository_url.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/ascii.h"
#include "model/validate.h"

namespace ns::model {
namespace {

constexpr size_t kMaxUrl = 2000;

bool IsAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Without percent signs; nothing where one is not followed by two hex digits.
std::optional<std::string> Decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || HexDigit(text[i + 1]) < 0 || HexDigit(text[i + 2]) < 0)
      return std::nullopt;
    out += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
    i += 2;
  }
  return out;
}

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// "::" names a transport program to Git; inside brackets it is part of an address.
bool HasTransport(std::string_view url) {
  const size_t at = url.find("::"), bracket = url.find('[');
  return at != std::string_view::npos &&
         (bracket == std::string_view::npos || at < bracket || url.rfind("::") > url.find(']'));
}

std::string TextMistake(std::string_view url) {
  if (url.empty()) return "must not be empty";
  if (url.size() > kMaxUrl) return "must have at most " + std::to_string(kMaxUrl) + " bytes";
  if (url.front() == '-') return "must not begin with \"-\"";
  if (HasControl(url) || url.find(' ') != std::string_view::npos)
    return "must not hold control characters or blanks";
  if (std::any_of(url.begin(), url.end(),
                  [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return "must be ASCII, with other characters as %XX";
  }
  if (HasTransport(url)) return "must not name a transport with \"::\"";
  if (url.find_first_of("?#\\\"'`<>|^{}") != std::string_view::npos)
    return "must have no query, no fragment and no quotes";
  return "";
}

std::string HostMistake(std::string_view host, bool bracketed) {
  if (host.empty()) return "must name a host";
  if (host.size() > 253) return "must have a host of at most 253 characters";
  if (bracketed) {
    const bool hex = std::all_of(host.begin(), host.end(),
                                 [](char c) { return HexDigit(c) >= 0 || c == ':' || c == '.'; });
    return hex && host.find(':') != std::string_view::npos
               ? ""
               : "must have an IPv6 address in its brackets";
  }
  if (host.front() == '-' || host.front() == '.')
    return "must have a host that does not begin with \"-\" or \".\"";
  const auto allowed = [](char c) { return IsAlnum(c) || c == '.' || c == '-' || c == '_'; };
  return std::all_of(host.begin(), host.end(), allowed)
             ? ""
             : "must have a host of letters, digits, \".\" and \"-\"";
}

std::string PathMistake(std::string_view path) {
  if (path.find_first_not_of('/') == std::string_view::npos) return "must have a path";
  const auto decoded = Decoded(path);
  if (!decoded) return "must have two hex digits after each \"%\"";
  if (HasControl(*decoded)) return "must not hold control characters";
  for (size_t begin = 0; begin <= decoded->size();) {
    const size_t end = std::min(decoded->find('/', begin), decoded->size());
    if (decoded->compare(begin, end - begin, "..") == 0) return "must have no \"..\" in its path";
    begin = end + 1;
  }
  return "";
}

std::string UserMistake(const RepositoryUrl& url, std::string_view user) {
  if (url.scheme != UrlScheme::kSsh)
    return "must hold no credentials: give them as user name and password";
  if (user.find(':') != std::string_view::npos) return "must hold no password";
  const auto allowed = [](char c) { return IsAlnum(c) || c == '.' || c == '-' || c == '_'; };
  const bool good =
      !user.empty() && user.front() != '-' && std::all_of(user.begin(), user.end(), allowed);
  return good ? "" : "must have a user of letters, digits, \".\", \"_\" and \"-\"";
}

// "user@" in front of `rest`, taken off it.
std::string TakeUser(RepositoryUrl& url, std::string_view& rest) {
  const size_t at = rest.rfind('@');
  if (at == std::string_view::npos) return "";
  const std::string_view user = rest.substr(0, at);
  std::string mistake = UserMistake(url, user);
  url.user = user;
  rest.remove_prefix(at + 1);
  return mistake;
}

// "host" or "[address]" in front of `rest`, taken off it.
std::string TakeHost(RepositoryUrl& url, std::string_view& rest) {
  const bool bracketed = rest.starts_with('[');
  const size_t end = bracketed ? rest.find(']') : std::min(rest.find(':'), rest.size());
  if (end == std::string_view::npos) return "must close its bracket";
  const std::string_view host = rest.substr(bracketed, end - bracketed);
  url.host = Lowered(host);
  rest.remove_prefix(end + bracketed);
  return HostMistake(host, bracketed);
}

std::string TakePort(RepositoryUrl& url, std::string_view rest) {
  if (rest.empty()) return "";
  rest.remove_prefix(1);
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), url.port);
  const bool good = error == std::errc() && end == rest.data() + rest.size() && url.port >= 1 &&
                    url.port <= 65535;
  return good ? "" : "must have a port from 1 to 65535";
}

std::string TakePath(RepositoryUrl& url, std::string_view path) {
  url.path = path.substr(std::min(path.find_first_not_of('/'), path.size()));
  return PathMistake(path);
}

bool TakeScheme(RepositoryUrl& url, std::string_view name) {
  const std::string scheme = Lowered(name);
  if (scheme == "http") url.scheme = UrlScheme::kHttp;
  if (scheme == "https") url.scheme = UrlScheme::kHttps;
  if (scheme == "ssh") url.scheme = UrlScheme::kSsh;
  return scheme == "http" || scheme == "https" || scheme == "ssh";
}

std::string ParseWithScheme(RepositoryUrl& url, std::string_view text, size_t colon) {
  if (!TakeScheme(url, text.substr(0, colon)))
    return "must be http://, https://, ssh:// or user@host:path";
  text.remove_prefix(colon + 3);
  const size_t slash = std::min(text.find('/'), text.size());
  std::string_view authority = text.substr(0, slash);
  std::string mistake = TakeUser(url, authority);
  if (mistake.empty()) mistake = TakeHost(url, authority);
  if (mistake.empty()) mistake = TakePort(url, authority);
  if (mistake.empty()) mistake = TakePath(url, text.substr(slash));
  return mistake;
}

// user@host:path, where no port can be named.
std::string ParseScp(RepositoryUrl& url, std::string_view text) {
  url.scheme = UrlScheme::kSsh;
  url.scp = true;
  const size_t at = text.find('@'),
               colon =
                   text.find(':', text.find(']') == std::string_view::npos ? 0 : text.find(']'));
  if (at == std::string_view::npos || colon == std::string_view::npos || at > colon ||
      text.find('/') < colon) {
    return "must be http://, https://, ssh:// or user@host:path";
  }
  std::string_view authority = text.substr(0, colon);
  std::string mistake = TakeUser(url, authority);
  if (mistake.empty()) mistake = TakeHost(url, authority);
  if (mistake.empty() && !authority.empty())
    mistake = "must have nothing between its host and \":\"";
  if (mistake.empty() && text.substr(colon + 1).starts_with('-'))
    mistake = "must have a path that does not begin with \"-\"";
  if (mistake.empty()) mistake = TakePath(url, text.substr(colon + 1));
  return mistake;
}

int DefaultPort(UrlScheme scheme) {
  switch (scheme) {
    case UrlScheme::kHttp:
      return 80;
    case UrlScheme::kHttps:
      return 443;
    case UrlScheme::kSsh:
      return 22;
  }
  return 0;
}

// Single slashes, none at the end, no ".git".
std::string CleanPath(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c != '/' || (!out.empty() && out.back() != '/')) out += c;
  }
  while (out.ends_with('/')) out.pop_back();
  if (out.ends_with(".git") && out.size() > 4) out.resize(out.size() - 4);
  while (out.ends_with('/')) out.pop_back();
  return out;
}

std::string HostInUrl(const RepositoryUrl& url) {
  return url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
}

}  // namespace

Result<RepositoryUrl> ParseRepositoryUrl(std::string_view text) {
  RepositoryUrl url;
  std::string mistake = TextMistake(text);
  const size_t colon = text.find("://");
  if (mistake.empty())
    mistake =
        colon == std::string_view::npos ? ParseScp(url, text) : ParseWithScheme(url, text, colon);
  if (!mistake.empty()) return Invalid("url " + mistake + ", got " + Quoted(text));
  return url;
}

int PortOf(const RepositoryUrl& url) { return url.port != 0 ? url.port : DefaultPort(url.scheme); }

Status ValidateUrl(std::string_view text, GitAuth auth, bool basic_over_http) {
  NS_ASSIGN(const RepositoryUrl url, ParseRepositoryUrl(text));
  const bool ssh = url.scheme == UrlScheme::kSsh;
  if (ssh && auth != GitAuth::kSsh)
    return Invalid("auth must be ssh for an SSH url, got " + Quoted(text));
  if (!ssh && auth == GitAuth::kSsh)
    return Invalid("url must be ssh:// or user@host:path where auth is ssh, got " + Quoted(text));
  if (auth == GitAuth::kBasic && url.scheme == UrlScheme::kHttp && !basic_over_http) {
    return Invalid(
        "url must be https where auth is basic, or the password could be read on the way, got " +
        Quoted(text));
  }
  return {};
}

std::string PlaceOf(const RepositoryUrl& url) {
  const std::string host =
      url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  return host + ":" + std::to_string(PortOf(url));
}

std::string NormaliseUrl(std::string_view text) {
  const auto url = ParseRepositoryUrl(text);
  if (!url.ok()) return "";
  const std::string port = url->port == 0 || url->port == DefaultPort(url->scheme)
                               ? ""
                               : ":" + std::to_string(url->port);
  return HostInUrl(*url) + port + "/" + CleanPath(url->path);
}

std::string HtmlUrl(std::string_view text) {
  const auto url = ParseRepositoryUrl(text);
  if (!url.ok()) return "";
  return url->scheme == UrlScheme::kSsh ? "https://" + HostInUrl(*url) + "/" + url->path
                                        : std::string(text);
}

}  // namespace ns::model
