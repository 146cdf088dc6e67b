#include "ssgen/site_probe.h"

#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "supervise/address.h"
#include "supervise/process.h"

namespace ns::ssgen {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestHead = 64 << 10, kLongestBody = 1 << 20;  // bytes
constexpr int kMostEntries = 1000;  // that are looked at for a file that can be asked for
constexpr int kTries = 3;           // while the site is being led elsewhere

// A file of a site and how it is asked for.
struct Page {
  std::string target;  // empty: the site has none that can be asked for
  fs::path file;
};

// Means itself in a URL, is not hidden, and no encoded sibling of another.
bool IsPlainName(const std::string& name) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '-' || c == '_';
  };
  return !name.empty() && name[0] != '.' && std::all_of(name.begin(), name.end(), plain) &&
         !name.ends_with(".gz") && !name.ends_with(".br");
}

Page PageOf(const fs::path& folder) {
  std::error_code error;
  if (fs::symlink_status(folder / "index.html", error).type() == fs::file_type::regular)
    return {"/", folder / "index.html"};
  fs::recursive_directory_iterator at(folder, error), end;
  for (int i = 0; !error && at != end && i < kMostEntries; ++i, at.increment(error)) {
    std::error_code gone;
    const bool plain = IsPlainName(at->path().filename().string());
    const fs::file_type type = at->symlink_status(gone).type();
    if (type == fs::file_type::directory && !plain) at.disable_recursion_pending();
    if (type == fs::file_type::regular && plain)
      return {"/" + at->path().lexically_relative(folder).generic_string(), at->path()};
  }
  return {};
}

struct Reply {
  int status = 0;
  int64_t length = -1;  // as it says
  std::string body;     // the beginning
};

std::optional<Reply> Parse(const std::string& bytes) {
  const size_t end = bytes.find("\r\n\r\n");
  if (end == std::string::npos || !bytes.starts_with("HTTP/1.")) return std::nullopt;
  Reply reply;
  std::from_chars(bytes.data() + 9, bytes.data() + 12, reply.status);
  std::string head = bytes.substr(0, end + 2);
  std::transform(head.begin(), head.end(), head.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::string_view kLength = "\r\ncontent-length: ";
  if (const size_t at = head.find(kLength); at != std::string::npos)
    std::from_chars(head.data() + at + kLength.size(), head.data() + head.size(), reply.length);
  reply.body = bytes.substr(end + 4, kLongestBody);
  return reply;
}

Result<Reply> Ask(const std::string& address, const std::string& target, const SiteName& site,
                  Duration timeout) {
  NS_ASSIGN(const supervise::SocketAddress where, supervise::ParseAddress(address));
  NS_ASSIGN(const supervise::Fd fd, supervise::Connect(where, SystemClock().Monotonic() + timeout));
  const std::string request = "GET " + target +
                              " HTTP/1.0\r\nHost: site\r\nX-Controller-App-Id: " + site.app.str() +
                              "\r\nX-Controller-Release-Id: " + site.release.str() + "\r\n\r\n";
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    return Unavailable(address + " does not take a request");
  std::string bytes;
  while (bytes.size() < kLongestHead + kLongestBody) {
    if (!supervise::WaitReadable(fd.get(), timeout))
      return Unavailable(address + " does not answer");
    char chunk[16 << 10];
    const ssize_t got = ::recv(fd.get(), chunk, sizeof chunk, 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) break;
    bytes.append(chunk, static_cast<size_t>(got));
  }
  if (const auto reply = Parse(bytes)) return *reply;
  return Unavailable(address + " gives no answer of HTTP");
}

// Empty: as it lies there.
std::string Difference(const Page& page, const Reply& reply) {
  const int wanted = page.target.empty() ? 404 : 200;
  if (reply.status != wanted)
    return "with status " + std::to_string(reply.status) + " instead of " + std::to_string(wanted);
  if (page.target.empty()) return "";
  std::error_code error;
  const auto size = static_cast<int64_t>(fs::file_size(page.file, error));
  std::string content(kLongestBody, '\0');
  std::ifstream file(page.file, std::ios::binary);
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<size_t>(file.gcount()));
  if (error || reply.length != size)
    return "with " + std::to_string(reply.length) + " bytes instead of " + std::to_string(size);
  return reply.body == content ? "" : "with other bytes than the file has";
}

Status Differs(const SiteName& site, const std::string& target, const std::string& how) {
  return Status(Code::kUnavailable, "SiteServerUnavailable",
                "site " + site.app.str() + "/" + site.release.str() + ": " +
                    (target.empty() ? "/" : target) + " " + how)
      .SetFault(Fault::kPlatform);
}

}  // namespace

Status ProbeSite(const std::string& address, const std::string& root, const SiteName& site,
                 Duration timeout) {
  const fs::path link = root + "/sites/" + site.app.str() + "/" + site.release.str();
  Status last;
  for (int i = 0; i < kTries; ++i) {
    std::error_code error;
    const fs::path folder = fs::canonical(link, error);
    if (error) return {};
    const Page page = PageOf(folder);
    const auto reply = Ask(address, page.target.empty() ? "/" : page.target, site, timeout);
    const std::string how =
        reply.ok() ? Difference(page, *reply) : "is not answered: " + reply.status().message();
    if (how.empty()) return {};
    last = Differs(site, page.target, reply.ok() ? "is answered " + how : how);
    if (fs::canonical(link, error) == folder && !error) return last;
  }
  return last;
}

}  // namespace ns::ssgen
