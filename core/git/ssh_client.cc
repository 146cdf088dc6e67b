#include "git/ssh_client.h"

#include <algorithm>

#include "git/entry_name.h"
#include "git/known_hosts.h"
#include "model/authorized_key.h"

namespace ns::git {
namespace {

constexpr long kTimeout = 30'000, kEndTimeout = 5'000;  // ms, of each step

Status Denied(const char* reason, const std::string& message) {
  return Status(Code::kDenied, reason, message).SetFault(Fault::kOperator);
}

// Names of the signatures that keys of the types in `lines` make, and behind them all others: a
// host that has a pinned key shall show that one, whatever others it has.
std::string Preference(const std::vector<std::string>& lines) {
  constexpr std::pair<const char*, const char*> kSignatures[] = {
      {"ssh-ed25519", "ssh-ed25519"},
      {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"},
      {"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"},
      {"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"},
      {"ssh-rsa", "rsa-sha2-512,rsa-sha2-256,ssh-rsa"}};
  std::string first, rest;
  for (const auto& [type, names] : kSignatures) {
    const bool pinned = std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.starts_with(std::string(type) + " ");
    });
    (pinned ? first : rest) += std::string(names) + ",";
  }
  std::string all = first + rest;
  all.pop_back();
  return all;
}

}  // namespace

void EndSshSession::operator()(LIBSSH2_SESSION* session) const {
  libssh2_session_disconnect(session, "done");
  libssh2_session_free(session);
}

void EndSshChannel::operator()(LIBSSH2_CHANNEL* channel) const { libssh2_channel_free(channel); }

SshClient::SshClient(const Request& request, const model::RepositoryUrl& url)
    : request_(request),
      url_(url),
      place_(model::PlaceOf(url)),
      connections_(AddressRules(request.private_hosts)) {}

SshClient::~SshClient() {
  if (session_) libssh2_session_set_timeout(session_.get(), kEndTimeout);
}

Result<ports::HostKeyLook> SshClient::Look() {
  NS_TRY(Connect());
  return ports::HostKeyLook{shown_, CheckKey(false)};
}

Status SshClient::Start(const std::string& command) {
  NS_TRY(Connect());
  NS_TRY(CheckKey(true));
  NS_TRY(LogIn());
  channel_.reset(libssh2_channel_open_session(session_.get()));
  if (!channel_) return Failure("no channel");
  if (libssh2_channel_exec(channel_.get(), command.c_str()) != 0) return Failure("no command");
  return {};
}

void SshClient::WaitForever() { libssh2_session_set_timeout(session_.get(), 0); }

Status SshClient::Connect() {
  if (libssh2_init(0) != 0) return Internal("libssh2 cannot begin");
  NS_ASSIGN(fd_, connections_.Open(url_.host, std::to_string(model::PortOf(url_))));
  session_.reset(libssh2_session_init());
  if (!session_) return Internal("libssh2 cannot begin");
  libssh2_session_set_timeout(session_.get(), kTimeout);
  if (!request_.host_keys.empty())
    libssh2_session_method_pref(session_.get(), LIBSSH2_METHOD_HOSTKEY,
                                Preference(request_.host_keys).c_str());
  if (libssh2_session_handshake(session_.get(), fd_.get()) != 0) return Failure("no handshake");
  size_t size = 0;
  int type = 0;
  const char* blob = libssh2_session_hostkey(session_.get(), &size, &type);
  shown_ = model::KeyLine(blob == nullptr ? std::string_view() : std::string_view(blob, size));
  return {};
}

Status SshClient::CheckKey(bool keep) const {
  if (const auto usable = model::ParseHostKey(shown_); !usable.ok()) {
    return Denied("HostKeyRefused", "the SSH host key of " + place_ +
                                        " cannot be trusted: " + usable.status().message());
  }
  const std::string shown = model::KeyFingerprint(shown_);
  const auto& pinned = request_.host_keys;
  if (pinned.empty()) return CheckHostKey(request_.known_hosts, place_, shown, keep);
  if (std::find(pinned.begin(), pinned.end(), shown_) != pinned.end()) return {};
  const bool rsa = std::all_of(pinned.begin(), pinned.end(),
                               [](const auto& line) { return line.starts_with("ssh-rsa "); });
  if (rsa && !shown_.starts_with("ssh-rsa ")) {
    return Denied("HostKeyChanged",
                  "only an RSA key of " + place_ + " is pinned, " + model::KeyFingerprints(pinned) +
                      ", and it shows " + model::KeyFingerprints({shown_}) +
                      " instead: hosts that sign by RSA with SHA-2 alone cannot be asked for that "
                      "key here; ask its operator for the fingerprint of the other, then `ns repo "
                      "host-key accept REPO " +
                      shown + "`");
  }
  return Denied("HostKeyChanged",
                "the SSH host key of " + place_ + " is " + model::KeyFingerprints({shown_}) +
                    ", and pinned is " + model::KeyFingerprints(pinned) +
                    ": somebody may be in between, and no credentials were sent; if the change is "
                    "meant, `ns repo host-key accept REPO " +
                    shown + "`");
}

Status SshClient::LogIn() {
  if (request_.auth != model::GitAuth::kSsh || request_.ssh_key.empty())
    return Denied("AuthenticationFailed", "there is no SSH key for this repository");
  const std::string user = url_.user.empty() ? "git" : url_.user;
  const std::string& key = request_.ssh_key.Reveal();
  const int error = libssh2_userauth_publickey_frommemory(
      session_.get(), user.data(), user.size(), nullptr, 0, key.data(), key.size(), nullptr);
  if (error == 0) return {};
  if (error == LIBSSH2_ERROR_TIMEOUT) return Failure("no log in");
  return Denied("AuthenticationFailed",
                url_.host + " refuses the credentials of this repository, or wants some");
}

Result<size_t> SshClient::Read(int stream, char* data, size_t size) {
  const ssize_t got = libssh2_channel_read_ex(channel_.get(), stream, data, size);
  if (got < 0) return Failure("reading");
  return static_cast<size_t>(got);
}

Status SshClient::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = libssh2_channel_write(channel_.get(), bytes.data(), bytes.size());
    if (sent < 0) return Failure("writing");
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return {};
}

int SshClient::ExitCode() {
  libssh2_channel_close(channel_.get());
  libssh2_channel_wait_closed(channel_.get());
  return libssh2_channel_get_exit_status(channel_.get());
}

Status SshClient::Failure(const std::string& what) {
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

}  // namespace ns::git
