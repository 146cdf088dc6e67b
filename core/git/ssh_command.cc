#include "git/ssh_command.h"

#include <libssh2.h>

#include <algorithm>
#include <memory>

#include "git/connections.h"
#include "git/entry_name.h"
#include "git/known_hosts.h"
#include "model/repository_url.h"

namespace ns::git {
namespace {

constexpr long kTimeout = 30'000;  // ms, of each step
constexpr size_t kMaxOutput = 64 << 10;

struct EndSession {
  void operator()(LIBSSH2_SESSION* session) const {
    libssh2_session_disconnect(session, "done");
    libssh2_session_free(session);
  }
};
using SessionHandle = std::unique_ptr<LIBSSH2_SESSION, EndSession>;

struct FreeChannel {
  void operator()(LIBSSH2_CHANNEL* channel) const { libssh2_channel_free(channel); }
};
using Channel = std::unique_ptr<LIBSSH2_CHANNEL, FreeChannel>;

Status Denied(const std::string& message) {
  return Status(Code::kDenied, "AuthenticationFailed", message).SetFault(Fault::kOperator);
}

class Client {
 public:
  Client(const Request& request, const model::RepositoryUrl& url)
      : request_(request),
        url_(url),
        place_((url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]") + ":" +
               std::to_string(model::PortOf(url))),
        connections_(AddressRules(request.private_hosts)) {}

  Result<std::string> Run(const std::string& command) {
    NS_TRY(Connect());
    NS_TRY(LogIn());
    const Channel channel(libssh2_channel_open_session(session_.get()));
    if (!channel) return Failure("no channel");
    if (libssh2_channel_exec(channel.get(), command.c_str()) != 0) return Failure("no command");
    NS_ASSIGN(const std::string out, ReadAll(channel.get(), 0));
    NS_ASSIGN(const std::string complaint, ReadAll(channel.get(), SSH_EXTENDED_DATA_STDERR));
    libssh2_channel_close(channel.get());
    libssh2_channel_wait_closed(channel.get());
    if (libssh2_channel_get_exit_status(channel.get()) == 0) return out;
    return Status(Code::kPrecondition, complaint.empty() ? "it says nothing" : Shown(complaint));
  }

 private:
  Status Failure(const std::string& what) {
    char* text = nullptr;
    const int error = libssh2_session_last_error(session_.get(), &text, nullptr, 0);
    if (error == LIBSSH2_ERROR_TIMEOUT) {
      return Status(Code::kDeadline, "RemoteTimeout", url_.host + " does not answer in time")
          .SetFault(Fault::kPlatform);
    }
    const std::string why = text == nullptr ? "" : ": " + Shown(text);
    return Status(Code::kUnavailable, "RemoteUnreachable",
                  "cannot talk to " + place_ + ": " + what + why)
        .SetFault(Fault::kPlatform);
  }

  Status Connect() {
    NS_ASSIGN(fd_, connections_.Open(url_.host, std::to_string(model::PortOf(url_))));
    session_.reset(libssh2_session_init());
    if (!session_) return Internal("libssh2 cannot begin");
    libssh2_session_set_timeout(session_.get(), kTimeout);
    if (libssh2_session_handshake(session_.get(), fd_.get()) != 0) return Failure("no handshake");
    const char* digest = libssh2_hostkey_hash(session_.get(), LIBSSH2_HOSTKEY_HASH_SHA256);
    if (digest == nullptr) return Denied("the SSH host key has no SHA-256 fingerprint");
    return CheckHostKey(request_.known_hosts, place_, KeyFingerprint(std::string_view(digest, 32)));
  }

  Status LogIn() {
    if (request_.auth != model::GitAuth::kSsh || request_.ssh_key.empty())
      return Denied("there is no SSH key for this repository");
    const std::string user = url_.user.empty() ? "git" : url_.user;
    const std::string& key = request_.ssh_key.Reveal();
    const int error = libssh2_userauth_publickey_frommemory(
        session_.get(), user.data(), user.size(), nullptr, 0, key.data(), key.size(), nullptr);
    if (error == 0) return {};
    if (error == LIBSSH2_ERROR_TIMEOUT) return Failure("no log in");
    return Denied(url_.host + " refuses the credentials of this repository, or wants some");
  }

  Result<std::string> ReadAll(LIBSSH2_CHANNEL* channel, int stream) {
    std::string text;
    char chunk[4096];
    for (;;) {
      const ssize_t got = libssh2_channel_read_ex(channel, stream, chunk, sizeof chunk);
      if (got < 0) return Failure("reading");
      if (got == 0) return text;
      text.append(chunk, static_cast<size_t>(got));
      if (text.size() > kMaxOutput)
        return Status(Code::kPrecondition, "it prints more than 64 KiB");
    }
  }

  const Request& request_;
  const model::RepositoryUrl& url_;
  const std::string place_;  // for host keys
  Connections connections_;
  supervise::Fd fd_;
  SessionHandle session_;  // ends before its connection
};

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("/._-~+@%").find(c) != std::string_view::npos;
}

}  // namespace

Result<std::string> RunOverSsh(const Request& request, const std::string& command) {
  NS_ASSIGN(const auto url, model::ParseRepositoryUrl(request.url));
  if (libssh2_init(0) != 0) return Internal("libssh2 cannot begin");
  return Client(request, url).Run(command);
}

std::string ShellWord(const std::string& word) {
  if (!word.empty() && word[0] != '~' && std::all_of(word.begin(), word.end(), IsPlain))
    return word;
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

}  // namespace ns::git
