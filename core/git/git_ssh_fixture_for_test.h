// OpenSSH's own server before the repositories of GitTest.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "git/git_fixture_for_test.h"
#include "supervise/health.h"

namespace ns::git {

inline int FreePort() {
  const supervise::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

class GitSshTest : public GitTest {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kServer) || ::geteuid() != 0)
      GTEST_SKIP() << "needs root and the package openssh-server";
    std::filesystem::create_directories("/run/sshd");
    std::filesystem::create_directories(root_ + "/served");
    ssh_port_ = std::to_string(FreePort());
    MakeRepository("a");
    NewHostKey("ed25519");
    const SshKeyPair pair = NewSshKeyPair("test");
    std::ofstream(root_ + "/authorized") << pair.public_line << "\n";
    credentials_ = {model::GitAuth::kSsh, "", {}, pair.private_pem};
    StartSsh();
  }

  // In place of the one of that type; the server shows it from its next start on.
  void NewHostKey(const std::string& type) {
    Shell("rm -f host_key_" + type + "*; ssh-keygen -q -t " + type + " -N '' -f host_key_" + type);
  }
  // The line and the fingerprint of a key, as ssh-keygen gives them.
  std::string HostKey(const std::string& type) {
    return Shell("cut -d' ' -f1,2 host_key_" + type + ".pub");
  }
  std::string HostPrint(const std::string& type) {
    return Shell("ssh-keygen -lf host_key_" + type + ".pub | cut -d' ' -f2");
  }

  // With host keys of these types; what it says goes to sshd.log, anew.
  void StartSsh(const std::vector<std::string>& types = {"ed25519"}) {
    supervise::SpawnSpec spec;
    spec.argv = {kServer, "-D", "-f", "/dev/null", "-p", ssh_port_, "-E", root_ + "/sshd.log"};
    std::filesystem::remove(root_ + "/sshd.log");
    for (const std::string& type : types)
      spec.argv.insert(spec.argv.end(), {"-h", root_ + "/host_key_" + type});
    // The libssh2 of Debian 12 knows RSA keys with SHA-1 alone.
    for (const std::string option :
         {"HostKeyAlgorithms=+ssh-rsa", "ListenAddress=127.0.0.1", "PidFile=none", "StrictModes=no",
          "UsePAM=no", "PasswordAuthentication=no", "PermitRootLogin=prohibit-password"}) {
      spec.argv.insert(spec.argv.end(), {"-o", option});
    }
    spec.argv.insert(spec.argv.end(), {"-o", "AuthorizedKeysFile=" + root_ + "/authorized"});
    spec.argv.insert(
        spec.argv.end(),
        {"-o",
         "SetEnv=GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=* PATH=" +
             root_ + "/bin:/usr/bin:/bin"});
    auto server = supervise::Process::Spawn(spec);
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_.emplace(std::move(*server));
    const auto accepts = supervise::HealthCheckOf("tcp:127.0.0.1:" + ssh_port_);
    for (int i = 0; i < 500 && !(*accepts)().ok(); ++i)
      supervise::WaitReadable(-1, std::chrono::milliseconds(20));
  }

  void RestartSsh(const std::vector<std::string>& types = {"ed25519"}) {
    StopSsh();
    StartSsh(types);
  }

  void StopSsh() {
    server_->KillGroup(SIGKILL);
    EXPECT_TRUE(server_->Wait(SystemClock(), std::nullopt).ok());
    server_.reset();
  }

  std::string SshUrl(const std::string& name) const {
    return "ssh://root@127.0.0.1:" + ssh_port_ + root_ + "/served/" + name + ".git";
  }

  static constexpr char kServer[] = "/usr/sbin/sshd";
  std::string ssh_port_;
};

}  // namespace ns::git
