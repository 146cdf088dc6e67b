#include "api/receive_request.h"

#include <algorithm>

#include "base/crypto.h"
#include "model/received.h"
#include "model/validate.h"

namespace ns::api {
namespace {

using ports::GitService;

constexpr std::string_view kPrefix = "/git/";

std::string_view HeaderOf(const Peer& peer, std::string_view name) {
  for (const auto& [key, value] : peer.headers) {
    if (key == name) return value;
  }
  return {};
}

std::string_view QueryOf(const Peer& peer) {
  const std::string_view target = HeaderOf(peer, ":path");
  const size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

Result<GitService> ServiceOf(std::string_view name) {
  if (name == "git-upload-pack") return GitService::kUpload;
  if (name == "git-receive-pack") return GitService::kReceive;
  return Status(Code::kDenied, "GitTooOld",
                "this server speaks Git's smart HTTP protocol alone: use git 1.6.6 or newer");
}

Status CheckRequest(const Peer& peer, GitService service) {
  const std::string wanted = std::string("application/x-git-") +
                             (service == GitService::kReceive ? "receive" : "upload") +
                             "-pack-request";
  const std::string_view given = HeaderOf(peer, "content-type");
  if (given == wanted) return {};
  return Status(Code::kInvalid, "WrongContentType",
                "the header Content-Type must be " + wanted + ", got " + model::Quoted(given));
}

Result<bool> IsGzip(const Peer& peer) {
  const std::string_view encoding = HeaderOf(peer, "content-encoding");
  if (encoding.empty() || encoding == "identity") return false;
  if (encoding == "gzip" || encoding == "x-gzip") return true;
  return Status(Code::kInvalid, "WrongContentEncoding",
                "the header Content-Encoding must be gzip, got " + model::Quoted(encoding));
}

// Those that there are; others are left out, as git does.
std::string ProtocolOf(const Peer& peer) {
  const std::string_view given = HeaderOf(peer, "git-protocol");
  const bool known = given == "version=0" || given == "version=1" || given == "version=2";
  return known ? std::string(given) : "";
}

}  // namespace

Result<GitAsk> ReadGitAsk(const Peer& peer, std::string_view http_method, std::string_view path) {
  const auto nothing = [] {
    return Status(Code::kNotFound, "NotFound", "repositories are at /git/NAME.git");
  };
  if (!path.starts_with(kPrefix)) return nothing();
  const std::string_view rest = path.substr(kPrefix.size());
  const size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return nothing();
  std::string_view name = rest.substr(0, slash);
  const std::string_view what = rest.substr(slash + 1);
  if (name.ends_with(".git")) name.remove_suffix(4);
  const std::string mistake = model::ReceivedNameMistake(name);
  if (!mistake.empty())
    return Status(Code::kNotFound, "NotFound",
                  "the name of a repository " + mistake + ", got " + model::Quoted(name));
  GitAsk ask{std::string(name), {}};
  ask.serving.protocol = ProtocolOf(peer);
  if (what == "info/refs") {
    std::string_view query = QueryOf(peer);
    if (!query.starts_with("service="))
      query = {};
    else
      query.remove_prefix(8);
    NS_ASSIGN(ask.serving.service, ServiceOf(query.substr(0, query.find('&'))));
    ask.serving.advertise = true;
    if (http_method != "GET") return Status(Code::kUnsupported, "WrongMethod", "this is a GET");
    return ask;
  }
  if (what != "git-upload-pack" && what != "git-receive-pack") return nothing();
  NS_ASSIGN(ask.serving.service, ServiceOf(what));
  if (http_method != "POST") return Status(Code::kUnsupported, "WrongMethod", "this is a POST");
  NS_TRY(CheckRequest(peer, ask.serving.service));
  NS_ASSIGN(ask.serving.gzip, IsGzip(peer));
  return ask;
}

bool IsLfs(std::string_view path) { return path.find("/info/lfs/") != std::string_view::npos; }

std::string GitContentType(const ports::GitServing& serving) {
  return std::string("application/x-git-") +
         (serving.service == GitService::kReceive ? "receive" : "upload") + "-pack-" +
         (serving.advertise ? "advertisement" : "result");
}

std::optional<BasicCredentials> BasicOf(const Peer& peer) {
  const std::string_view given = HeaderOf(peer, "authorization");
  constexpr std::string_view kBasic = "basic ";
  const bool basic = given.size() > kBasic.size() &&
                     std::equal(kBasic.begin(), kBasic.end(), given.begin(), [](char a, char b) {
                       return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b + 32) : b);
                     });
  if (!basic) return std::nullopt;
  const auto text = FromBase64(given.substr(kBasic.size()));
  const size_t colon = text.ok() ? text->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  return BasicCredentials{text->substr(0, colon), text->substr(colon + 1)};
}

Peer WithBearer(Peer peer, const BasicCredentials& basic) {
  for (auto& [key, value] : peer.headers) {
    if (key == "authorization") value = "Bearer " + basic.password;
  }
  return peer;
}

}  // namespace ns::api
