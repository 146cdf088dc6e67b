#include "git/session.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string_view>

#include "model/utf8.h"

namespace ns::git {
namespace {

Status Denied(const std::string& message) {
  return Status(Code::kDenied, "AuthenticationFailed", message).SetFault(Fault::kOperator);
}

// The longest text a server may put into a message of ours.
std::string Shortened(std::string text) {
  for (char& c : text)
    c = static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f ? ' ' : c;
  if (text.size() > 300) text = text.substr(0, 300) + "...";
  return text;
}

bool IsBranchOrTag(const std::string& name) {
  return name.starts_with("refs/heads/") || name.starts_with("refs/tags/");
}

// Full name -> commit, with tags peeled.
std::map<std::string, std::string> Advertised(const git_remote_head** heads, size_t count) {
  std::map<std::string, std::string> refs;
  for (size_t i = 0; i < count; ++i) {
    std::string name = heads[i]->name;
    const bool peeled = name.ends_with("^{}");
    if (peeled) name.resize(name.size() - 3);
    if ((name != "HEAD" && !IsBranchOrTag(name)) || !model::IsUtf8(name)) continue;
    char hex[GIT_OID_HEXSZ + 1];
    git_oid_tostr(hex, sizeof hex, &heads[i]->oid);
    if (peeled || !refs.contains(name)) refs[name] = hex;
  }
  return refs;
}

// Short names beside the full ones; where a branch and a tag share one, it is the branch's.
std::vector<model::GitRef> WithShortNames(const std::map<std::string, std::string>& full) {
  std::map<std::string, std::string> all;
  for (const char* prefix : {"refs/tags/", "refs/heads/"}) {
    for (const auto& [name, commit] : full) {
      if (name.starts_with(prefix)) all[name.substr(std::strlen(prefix))] = commit;
    }
  }
  for (const auto& [name, commit] : full) all[name] = commit;
  std::vector<model::GitRef> refs;
  for (const auto& [name, commit] : all) refs.push_back({name, commit});
  return refs;
}

}  // namespace

Session::Session(const Request& request)
    : request_(request), target_(request.url), connections_(AddressRules(request.private_hosts)) {}

Status Session::Prepare() {
  if (!request_.folder.empty()) {
    target_ = request_.folder;
    url_.host = "the platform";
    url_.path = request_.url;
    return {};
  }
  NS_ASSIGN(url_, model::ParseRepositoryUrl(request_.url));
  place_ = model::PlaceOf(url_);
  if (url_.scheme == model::UrlScheme::kSsh) {
    ssh_.emplace(request_, url_);
    return {};
  }
  if (request_.auth == model::GitAuth::kBasic)
    connections_.Pin(url_.host, std::to_string(model::PortOf(url_)));
  return UseForHttp(connections_);
}

git_remote_callbacks Session::Callbacks() {
  git_remote_callbacks callbacks{};
  git_remote_init_callbacks(&callbacks, GIT_REMOTE_CALLBACKS_VERSION);
  callbacks.credentials = OnCredentials;
  if (ssh_) callbacks.transport = OnTransport;
  callbacks.transfer_progress = OnProgress;
  callbacks.payload = this;
  return callbacks;
}

Result<std::vector<model::GitRef>> Session::ListRefs() {
  git_remote* raw = nullptr;
  if (git_remote_create_detached(&raw, target_.c_str()) != 0)
    return Invalid(std::string("libgit2 refuses the URL: ") + LastMessage());
  const RemoteHandle remote(raw);
  const git_remote_callbacks callbacks = Callbacks();
  git_proxy_options proxy{};
  git_proxy_options_init(&proxy, GIT_PROXY_OPTIONS_VERSION);
  proxy.type = GIT_PROXY_NONE;
  if (const int error =
          git_remote_connect(remote.get(), GIT_DIRECTION_FETCH, &callbacks, &proxy, nullptr);
      error != 0)
    return Explain(error);
  const git_remote_head** heads = nullptr;
  size_t count = 0;
  if (const int error = git_remote_ls(&heads, &count, remote.get()); error != 0)
    return Explain(error);
  const auto refs = Advertised(heads, count);
  if (refs.size() <= request_.ref_limit) return WithShortNames(refs);
  return Status(Code::kExhausted, "LimitExceeded",
                "the remote has " + std::to_string(refs.size()) + " branches and tags, more than " +
                    std::to_string(request_.ref_limit))
      .SetFault(Fault::kSource);
}

Status Session::Fetch(git_repository* repository, uint64_t room) {
  git_remote* raw = nullptr;
  if (git_remote_create_anonymous(&raw, repository, target_.c_str()) != 0)
    return Invalid(std::string("libgit2 refuses the URL: ") + LastMessage());
  const RemoteHandle remote(raw);
  room_ = room;
  git_fetch_options options{};
  git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
  options.callbacks = Callbacks();
  options.prune = GIT_FETCH_PRUNE;
  options.update_fetchhead = 0;
  options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;  // the second refspec brings them
  options.proxy_opts.type = GIT_PROXY_NONE;
  char heads[] = "+refs/heads/*:refs/heads/*", tags[] = "+refs/tags/*:refs/tags/*";
  char* specs[] = {heads, tags};
  const git_strarray list{specs, 2};
  const int error = git_remote_fetch(remote.get(), &list, &options, nullptr);
  return error == 0 ? Status() : Explain(error);
}

Status Session::Explain(int error) {
  if (problem_) return *problem_;
  if (ssh_ && ssh_->problem()) return *ssh_->problem();
  if (connections_.problem()) return *connections_.problem();
  const git_error* last = git_error_last();
  const int kind = last != nullptr ? last->klass : GIT_ERROR_NONE;
  if (error == GIT_EAUTH)
    return Denied(url_.host + " refuses the credentials of this repository, or wants some");
  if (kind == GIT_ERROR_NOMEMORY) {
    return Status(Code::kExhausted, "LimitExceeded",
                  "the repository needs more memory than one Git operation may take")
        .SetFault(Fault::kSource);
  }
  const bool files = kind == GIT_ERROR_OS || kind == GIT_ERROR_REFERENCE || kind == GIT_ERROR_ODB ||
                     kind == GIT_ERROR_REPOSITORY || kind == GIT_ERROR_FILESYSTEM;
  if (files) {
    return Status(Code::kInternal,
                  "the mirror is damaged or cannot be written: " + Shortened(LastMessage()))
        .SetFault(Fault::kPlatform);
  }
  return ExplainMessage(Shortened(LastMessage()), kind);
}

Status Session::ExplainMessage(const std::string& message, int error_class) {
  const auto says = [&](const char* text) { return message.find(text) != std::string::npos; };
  if (says("status code: 404") || says("status code: 410") || says("not found") ||
      says("does not appear to be a git repository") || says("content-type") ||
      says("content type")) {
    return Status(Code::kNotFound, "RepositoryNotFound",
                  url_.host + " has no Git repository at /" + url_.path + ": " + message)
        .SetFault(Fault::kOperator);
  }
  if (says("status code: 401") || says("status code: 403") || says("authenticat") ||
      says("too many redirects or auth")) {
    return Denied(url_.host + " refuses access: " + message);
  }
  const std::string what =
      error_class == GIT_ERROR_SSL ? "no secure connection to " : "cannot talk to ";
  return Status(Code::kUnavailable, "RemoteUnreachable", what + place_ + ": " + message)
      .SetFault(Fault::kPlatform);
}

int Session::OnTransport(git_transport** out, git_remote* owner, void* self) {
  return static_cast<Session*>(self)->ssh_->New(out, owner);
}

int Session::OnCredentials(git_credential** out, const char*, const char*, unsigned allowed,
                           void* self) {
  return static_cast<Session*>(self)->GiveCredential(out, allowed);
}

// Once: what was refused is refused again.
int Session::GiveCredential(git_credential** out, unsigned allowed) {
  if (given_++ > 0 || request_.auth != model::GitAuth::kBasic ||
      (allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) == 0)
    return GIT_EAUTH;
  return git_credential_userpass_plaintext_new(out, request_.username.c_str(),
                                               request_.password.Reveal().c_str());
}

int Session::OnProgress(const git_indexer_progress* stats, void* self) {
  auto* session = static_cast<Session*>(self);
  if (stats->received_bytes <= session->room_) return 0;
  session->problem_ = Status(Code::kExhausted, "LimitExceeded",
                             "the repository is larger than " +
                                 std::to_string(session->request_.mirror_limit >> 20) +
                                 " MiB; raise git.mirror_limit, or make it smaller")
                          .SetFault(Fault::kSource);
  return GIT_EUSER;
}

}  // namespace ns::git
