#include "git/lfs_server.h"

#include "base/crypto.h"
#include "git/config_text.h"
#include "git/entry_name.h"
#include "git/lfs_batch.h"
#include "git/ssh_command.h"
#include "git/submodule_url.h"
#include "model/received.h"
#include "model/repository_url.h"

namespace ns::git {
namespace {

constexpr char kHint[] = "; name the server in .lfsconfig under lfs.url, or set git.lfs to false";

std::string WithoutSlashes(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return std::string(url);
}

Result<std::string> ConfiguredUrl(std::string_view lfsconfig) {
  std::string url;
  NS_TRY(ParseConfigText(".lfsconfig", lfsconfig, [&](const ConfigVariable& variable) {
    if (variable.section == "lfs" && variable.name.empty() && variable.key == "url")
      url = variable.value;
  }));
  return WithoutSlashes(url);
}

Result<LfsServer> At(const Request& request, const std::string& text) {
  auto url = ParseHttpUrl(text);
  if (!url.ok()) return LfsRefused(url.status().message());
  auto secrets = PasswordFor(request, *url);
  return LfsServer{*std::move(url), std::move(secrets)};
}

Result<LfsServer> OverSsh(const Request& request) {
  NS_ASSIGN(const auto url, model::ParseRepositoryUrl(request.url));
  const std::string path = ShellWord(SshPath(request, url));
  const auto answer = RunOverSsh(request, "git-lfs-authenticate " + path + " download");
  if (answer.status().code() == Code::kPrecondition) {
    return LfsRefused("git-lfs-authenticate fails on " + url.host + ": " +
                      answer.status().message() + kHint);
  }
  if (!answer.ok()) return answer.status();
  NS_ASSIGN(LfsAction action, ParseLfsAuthentication(*answer, LfsUrlOf(request.url)));
  return LfsServer{std::move(action.href), std::move(action.headers)};
}

bool IsSsh(const std::string& url) {
  const auto parsed = model::ParseRepositoryUrl(url);
  return parsed.ok() && parsed->scheme == model::UrlScheme::kSsh;
}

}  // namespace

std::vector<std::string> PasswordFor(const Request& request, const HttpUrl& url) {
  const auto own = ParseHttpUrl(request.url);
  if (request.auth != model::GitAuth::kBasic || !own.ok() || !own->SameOrigin(url)) return {};
  return {"Authorization: Basic " + ToBase64(request.username + ":" + request.password.Reveal())};
}

std::string LfsUrlOf(std::string_view remote) {
  std::string url = WithoutSlashes(remote);
  if (const auto parsed = model::ParseRepositoryUrl(remote);
      parsed.ok() && parsed->scheme == model::UrlScheme::kSsh) {
    const std::string host =
        parsed->host.find(':') == std::string::npos ? parsed->host : "[" + parsed->host + "]";
    url = "https://" + host + "/" + WithoutSlashes(parsed->path);
  }
  return url + (url.ends_with(".git") ? "" : ".git") + "/info/lfs";
}

Result<LfsServer> FindLfsServer(const Request& request, std::string_view lfsconfig) {
  NS_ASSIGN(const std::string configured, ConfiguredUrl(lfsconfig));
  if (!configured.empty() && IsSsh(configured)) {
    if (!SameOrigin(configured, request.url))
      return LfsRefused("lfs.url in .lfsconfig is \"" + Shown(configured) +
                        "\", and the SSH key of a repository goes to its own host alone");
    Request there = request;
    there.url = configured;
    return OverSsh(there);
  }
  if (!configured.empty()) return At(request, configured);
  if (model::ReceivedName(request.url))
    return LfsRefused(std::string("the platform keeps no objects of Git LFS") + kHint);
  return IsSsh(request.url) ? OverSsh(request) : At(request, LfsUrlOf(request.url));
}

}  // namespace ns::git
