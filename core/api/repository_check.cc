#include "api/repository_check.h"

#include <algorithm>

#include "api/problem.h"
#include "api/remote.h"
#include "model/authorized_key.h"
#include "model/repository_url.h"

namespace ns::api {
namespace {

// The field a way to authenticate is to blame for, as the request names it.
std::string AuthField(const pb::CreateRepositoryAuth& auth) {
  return auth.has_basic() ? "auth.basic" : auth.has_ssh() ? "auth.ssh" : "auth";
}

void CheckBasic(const pb::CreateRepositoryAuthBasic& basic, model::Violations& out) {
  if (basic.username().empty()) out.push_back({"auth.basic.username", "must not be empty"});
  for (const auto& [field, value] : {std::pair("auth.basic.username", basic.username()),
                                     std::pair("auth.basic.password", basic.password())}) {
    const bool control = std::any_of(value.begin(), value.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (control || value.size() > 4096)
      out.push_back({field, "must have at most 4096 bytes and no control characters"});
  }
}

Status NoSuchKey(const std::string& id) {
  return InvalidField("auth.ssh.key_id",
                      "must be a key that you have generated within the last hour and used for no "
                      "repository yet, got " +
                          model::Quoted(id));
}

Result<GivenAuth> ReadSsh(const Context& context, const Request& request, const std::string& id) {
  GivenAuth out;
  out.credentials.method = model::GitAuth::kSsh;
  if (id.empty()) return out;  // the installation's own key
  const auto key = IsId(id) ? context.store().users.Key(KeyId(id), request.user.id)
                            : Result<model::SshKey>(NotFound(""));
  if (key.status().code() == Code::kNotFound) return NoSuchKey(id);
  if (!key.ok()) return key.status();
  out.credentials.ssh_private_key = key->private_pem;
  out.key = key->id;
  return out;
}

Status PinShown(const Context& context, const Request& request, model::Repository& repository) {
  model::GitCredentials& git = repository.credentials;
  if (git.method != model::GitAuth::kSsh || !git.host_keys.empty()) return {};
  NS_ASSIGN(ports::HostKeyLook look, LookAtHostKey(context, request, repository));
  NS_TRY(look.verdict);
  git.host_keys = {std::move(look.line)};
  return {};
}

}  // namespace

Result<GivenAuth> ReadAuth(const Context& context, const Request& request,
                           const pb::CreateRepositoryAuth& auth) {
  GivenAuth out;
  switch (auth.auth_case()) {
    case pb::CreateRepositoryAuth::kNone:
      return out;
    case pb::CreateRepositoryAuth::kBasic: {
      model::Violations violations;
      CheckBasic(auth.basic(), violations);
      NS_TRY(CheckNone(violations));
      out.credentials.method = model::GitAuth::kBasic;
      out.credentials.username = auth.basic().username();
      out.credentials.password = Secret(auth.basic().password());
      return out;
    }
    case pb::CreateRepositoryAuth::kSsh:
      return ReadSsh(context, request, auth.ssh().key_id());
    case pb::CreateRepositoryAuth::AUTH_NOT_SET:
      break;
  }
  return InvalidField("auth", "must be one of none, basic, ssh");
}

Status CheckUrl(const Context& context, const std::string& url,
                const pb::CreateRepositoryAuth& auth, model::GitAuth method) {
  const auto parsed = model::ParseRepositoryUrl(url);
  if (!parsed.ok()) return InvalidField("url", parsed.status().message());
  const Status fits = model::ValidateUrl(url, method, context.settings.basic_auth_over_http);
  if (!fits.ok()) return InvalidField(AuthField(auth), fits.message());
  return Status();
}

Result<std::vector<std::string>> ReadHostKeys(const std::string& url, const HostKeyLines& given) {
  constexpr int kMost = 16;
  if (given.empty()) return std::vector<std::string>();
  const auto parsed = model::ParseRepositoryUrl(url);
  if (!parsed.ok() || parsed->scheme != model::UrlScheme::kSsh)
    return InvalidField("host_keys", "are for a url of SSH alone, got " + model::Quoted(url));
  if (given.size() > kMost)
    return InvalidField("host_keys", "must be at most 16, got " + std::to_string(given.size()));
  std::vector<std::string> keys;
  model::Violations violations;
  for (int i = 0; i < given.size(); ++i) {
    auto key = model::ParseHostKey(given[i]);
    if (!key.ok())
      violations.push_back({"host_keys[" + std::to_string(i) + "]", key.status().message()});
    else if (std::find(keys.begin(), keys.end(), *key) == keys.end())
      keys.push_back(*std::move(key));
  }
  NS_TRY(CheckNone(violations));
  return keys;
}

Status CheckReadable(const Context& context, const Request& request, model::Repository& repository,
                     const pb::CreateRepositoryAuth& auth, bool keys_given) {
  Status failure = PinShown(context, request, repository);
  if (failure.ok()) failure = AskRemote(context, request, repository).status();
  if (failure.ok() || !RemoteIsToBlame(failure)) return failure;
  const std::string& reason = failure.reason();
  const std::string field = reason == "AuthenticationFailed"              ? AuthField(auth)
                            : keys_given && reason.starts_with("HostKey") ? "host_keys"
                                                                          : "url";
  Status refusal = InvalidField(field, failure.message());
  return refusal.SetReason(failure.reason());
}

Status ExplainWrite(const Status& stored, const std::string& url,
                    const pb::CreateRepositoryAuth& auth) {
  if (stored.code() == Code::kExists) {
    return Refuse(Code::kExists, "UrlTaken",
                  {{"url", "is registered already, got " + model::Quoted(url)}});
  }
  return stored.reason() == "KeySpent" ? NoSuchKey(auth.ssh().key_id()) : stored;
}

}  // namespace ns::api
