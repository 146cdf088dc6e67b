// A folder with repositories, git's own server over HTTP before them, and the child as this very
// program.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "git/git_remote.h"
#include "supervise/fd.h"
#include "supervise/process.h"

namespace ns::git {

// The path of the test program, which is its own Git child.
std::string ThisProgram();
// The script that serves repositories over HTTP.
std::string GitServerScript();

class GitTest : public testing::Test {
 protected:
  GitTest() {
    char name[] = "/tmp/ns-git-XXXXXX";
    root_ = ::mkdtemp(name);
    options_.worker = {ThisProgram(), "git-worker"};
    options_.folder = root_ + "/mirrors";
    options_.private_hosts = {"127.0.0.1"};
    options_.bubblewrap = "/usr/bin/bwrap";
    options_.sandbox =
        TrySandbox(options_, SystemClock()).ok() ? SandboxMode::kRequired : SandboxMode::kOff;
  }
  ~GitTest() override {
    if (server_) {
      server_->KillGroup(SIGKILL);
      [[maybe_unused]] const auto ended =
          server_->Wait(SystemClock(), SystemClock().Monotonic() + std::chrono::seconds(10));
    }
    Remove();
  }

  // What a server has begun for a connection leaves its process group, and may end, and write its
  // log, a moment after it.
  void Remove() {
    std::error_code error;
    for (int tries = 0; tries < 250; ++tries) {
      std::filesystem::remove_all(root_, error);
      if (!error) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    ADD_FAILURE() << root_ << " stays: " << error.message();
  }

  void StartServer(const std::vector<std::string>& more = {}) {
    std::filesystem::create_directories(root_ + "/served");
    std::vector<std::string> argv = {"/usr/bin/python3", GitServerScript(), root_ + "/served"};
    argv.insert(argv.end(), more.begin(), more.end());
    Launch(argv);
    char text[16] = {};
    ASSERT_TRUE(supervise::WaitReadable(server_out_.get(), std::chrono::seconds(20)));
    ASSERT_GT(::read(server_out_.get(), text, sizeof text - 1), 0);
    port_ = std::to_string(std::atoi(text));
  }

  // A server that lives as long as the test and prints to `server_out_`.
  void Launch(const std::vector<std::string>& argv) {
    int in[2], out[2];
    ASSERT_EQ(::pipe2(in, O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(out, O_CLOEXEC), 0);
    const supervise::Fd their_in(in[0]), their_out(out[1]);
    server_in_ = supervise::Fd(in[1]);
    server_out_ = supervise::Fd(out[0]);
    supervise::SpawnSpec spec;
    spec.argv = argv;
    spec.env = {"PATH=/usr/bin:/bin", "HOME=" + root_};
    spec.in = their_in.get();
    spec.out = their_out.get();
    auto server = supervise::Process::Spawn(spec);
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_.emplace(std::move(*server));
  }

  // What the server prints in front of an empty line.
  std::string ReadUntilBlank() {
    std::string text;
    char chunk[4096];
    while (!text.ends_with("\n\n") &&
           supervise::WaitReadable(server_out_.get(), std::chrono::seconds(20))) {
      const ssize_t got = ::read(server_out_.get(), chunk, sizeof chunk);
      if (got <= 0) break;
      text.append(chunk, static_cast<size_t>(got));
    }
    return text;
  }

  // Runs a script in the work folder, with commit dates that never change.
  std::string Shell(const std::string& script) {
    const std::string output = root_ + "/output";
    const supervise::Fd out(::open(output.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    supervise::SpawnSpec spec;
    spec.argv = {"/bin/sh", "-ec", script};
    spec.env = {"PATH=/usr/bin:/bin",          "HOME=" + root_,
                "GIT_AUTHOR_NAME=Ann",         "GIT_AUTHOR_EMAIL=a@x",
                "GIT_COMMITTER_NAME=Cem",      "GIT_COMMITTER_EMAIL=c@x",
                "GIT_AUTHOR_DATE=@1000 +0000", "GIT_COMMITTER_DATE=@2000 +0000",
                "GIT_CONFIG_NOSYSTEM=1"};
    spec.folder = root_;
    spec.out = spec.err = out.get();
    auto shell = supervise::Process::Spawn(spec);
    EXPECT_TRUE(shell.ok());
    const auto ended =
        shell->Wait(SystemClock(), SystemClock().Monotonic() + std::chrono::seconds(30));
    std::ifstream file(output);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_TRUE(ended.ok() && ended->ok()) << script << "\n" << text;
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }

  // work -> served/<name>.git with two commits, a branch, an annotated tag.
  void MakeRepository(const std::string& name) {
    Shell(
        "git init -q -b main work && cd work && mkdir sub && echo one >file && echo deep >sub/deep "
        "&& printf '#!/bin/sh\\n' >run && chmod +x run && "
        "ln -s ../file sub/link && git add . && git commit -qm first && git tag -a -m tagged v1 && "
        "echo two >file && git commit -qam second && "
        "git branch release v1 && cd .. && git clone -q --bare work served/" +
        name + ".git");
  }
  std::string Url(const std::string& name) const {
    return "http://127.0.0.1:" + port_ + "/cgi-bin/git/" + name + ".git";
  }
  std::string Hash(const std::string& rev) {
    return Shell("git -C work rev-parse " + rev + "^{commit}");
  }
  ports::Remote At(const std::string& url) const {
    return {RepositoryId("0123456789abcdef012345"), url, credentials_};
  }
  std::unique_ptr<ports::GitRemote> Remote() { return NewGitRemote(options_, SystemClock()); }
  static std::string Read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string root_, port_;
  GitOptions options_;
  model::GitCredentials credentials_;
  std::optional<supervise::Process> server_;
  supervise::Fd server_in_, server_out_;
};

}  // namespace ns::git
