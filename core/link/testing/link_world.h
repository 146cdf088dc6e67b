// What tests of the link stand on: a desk that remembers, hosts in memory, certificates, and a
// thread that may block.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/crypto.h"
#include "base/mutex.h"
#include "base/random.h"
#include "ports/build_desk.h"
#include "ports/store.h"

namespace ns::link::testing {

template <class I>
I IdOf(int n) {
  const std::string text = std::to_string(n);
  return I(std::string(22 - text.size(), '0') + text);
}

// A generous deadline against hanging only.
template <class Condition>
void Until(const char* what, Condition condition) {
  for (int i = 0; i < 3000; ++i) {
    if (condition()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL() << "never: " << what;
}

inline model::Build ClaimedBuild() {
  model::Build build;
  build.id = IdOf<BuildId>(1);
  build.app = IdOf<AppId>(2);
  build.commit = std::string(40, 'a');
  build.status = model::BuildStatus::kBuilding;
  build.attempt = 2;
  build.lease.token = "token-1";
  return build;
}

inline ports::BuildOrder AnOrder() {
  ports::BuildOrder order;
  order.app = IdOf<AppId>(2);
  order.method = "runtime-cmd";
  order.settings = R"({"base":"node"})";
  order.artifact_path = "dist";
  order.entrypoint = "sh -c";
  order.command = "serve";
  order.env = {{"KEY", Secret(std::string("a\0\xff", 3)), model::EnvScope::kBuild, true, false}};
  order.remote = {IdOf<RepositoryId>(3),
                  "https://git.test/shop",
                  {model::GitAuth::kBasic,
                   "bot",
                   Secret("password"),
                   Secret("key"),
                   {"ssh-ed25519 A", "ssh-rsa B"}}};
  order.image = "registry.test/ns/app";
  order.registry_username = "ns";
  order.registry_password = Secret("registry");
  return order;
}

inline ports::DetectionOrder AQuestion() {
  ports::DetectionOrder order;
  order.claim = {IdOf<ports::DetectionId>(4), "token-4"};
  order.remote = AnOrder().remote;
  order.commit = std::string(40, 'b');
  return order;
}

inline ports::DetectionAnswer AnAnswer() {
  ports::DetectionAnswer answer;
  ports::Suggestion fit{85, R"({"build_cmd":"make"})", "dist", "serve", "It uses Vite. \u2026", 80};
  ports::Suggestion none{0, "{}", "", "", "There is no Dockerfile.", 0};
  answer.found.fits = {{"static-cmd", fit}};
  answer.found.misfits = {{"runtime-dockerfile", none}};
  answer.found.failed = {
      {"other", Status(Code::kInternal, "Defect", "it broke").SetFault(Fault::kPlatform)}};
  return answer;
}

// One build's desk. Kept apart from whoever asks by the host that it is for.
struct DeskRecord {
  std::string log;
  std::vector<std::string> phases;
  std::vector<model::BuildResult> settled;
  std::string artifact;
  bool cancel = false;
  bool asks = false;  // there is a question
  std::vector<ports::DetectionAnswer> answers;
};

class MemoryDesk final : public ports::BuildDesk {
 public:
  MemoryDesk(Guarded<DeskRecord>& record, HostId host) : record_(record), host_(std::move(host)) {}

  Result<std::vector<model::Build>> Claimed(const ports::Call&) override {
    return std::vector<model::Build>{ClaimedBuild()};
  }
  Result<std::vector<Status>> Renew(const ports::Call&,
                                    const std::vector<ports::Claim>& claims) override {
    return record_.With([&](DeskRecord& record) {
      std::vector<Status> out;
      for (const ports::Claim& claim : claims) {
        Status held = record.cancel ? Status(Code::kCancelled, "shall be cancelled") : Status();
        out.push_back(Holds(claim) ? held : Stale("lost"));
      }
      return out;
    });
  }
  Result<ports::BuildOrder> Order(const ports::Call&, const ports::Claim& claim) override {
    if (!Holds(claim)) return Stale("lost");
    return AnOrder();
  }
  Result<int64_t> AppendLog(const ports::Call&, const ports::Claim& claim, int64_t offset,
                            std::string_view bytes) override {
    return record_.With([&](DeskRecord& record) -> Result<int64_t> {
      if (!Holds(claim)) return Stale("lost");
      const auto end = static_cast<int64_t>(record.log.size());
      if (offset > end) return end;
      const auto known = static_cast<size_t>(end - offset);
      if (known < bytes.size()) record.log += bytes.substr(known);
      return static_cast<int64_t>(record.log.size());
    });
  }
  Status Phase(const ports::Call&, const ports::Claim& claim, const std::string& phase,
               const std::string& message) override {
    if (!Holds(claim)) return Stale("lost");
    record_.With([&](DeskRecord& record) { record.phases.push_back(phase + ": " + message); });
    return {};
  }
  Result<model::Image> PutArtifact(const ports::Call&, const ports::Claim& claim,
                                   const ports::Digest& digest,
                                   const ports::ObjectSource& bytes) override {
    if (!Holds(claim)) return Stale("lost");
    std::string whole, piece(1000, '\0');
    for (;;) {
      NS_ASSIGN(const size_t count, bytes(piece.data(), piece.size()));
      if (count == 0) break;
      whole.append(piece, 0, count);
    }
    if (whole.size() != digest.size || Sha256Hex(whole) != digest.sha256)
      return Status(Code::kInvalid, "DigestMismatch", "other bytes").SetFault(Fault::kPlatform);
    record_.With([&](DeskRecord& record) { record.artifact = std::move(whole); });
    const model::Build build = ClaimedBuild();
    return model::ArtifactOf(build.app, build.id, build.attempt, digest.sha256,
                             static_cast<int64_t>(digest.size));
  }
  Status Settle(const ports::Call&, const ports::Claim& claim,
                const model::BuildResult& result) override {
    return record_.With([&](DeskRecord& record) {
      if (!Holds(claim) || !record.settled.empty()) return Stale("lost");
      record.settled.push_back(result);
      return Status();
    });
  }
  Result<std::optional<ports::DetectionOrder>> TakeDetection(const ports::Call&) override {
    return record_.With([](DeskRecord& record) -> Result<std::optional<ports::DetectionOrder>> {
      if (!record.asks) return std::optional<ports::DetectionOrder>();
      return std::optional(AQuestion());
    });
  }
  Status AnswerDetection(const ports::Call&, const ports::DetectionClaim& claim,
                         const ports::DetectionAnswer& answer) override {
    return record_.With([&](DeskRecord& record) {
      if (claim != AQuestion().claim) return Stale("lost");
      record.answers.push_back(answer);
      return Status();
    });
  }

 private:
  static bool Holds(const ports::Claim& claim) {
    return claim == ports::Claim{ClaimedBuild().id, ClaimedBuild().lease.token};
  }

  Guarded<DeskRecord>& record_;
  const HostId host_;
};

class MemoryHosts final : public ports::HostStore {
 public:
  Result<std::vector<HostId>> Beat(const model::Host& host, Duration) override {
    return rows_.With([&](auto& rows) {
      rows[host.id] = host;
      std::vector<HostId> alive;
      for (const auto& [id, row] : rows) alive.push_back(id);
      return alive;
    });
  }
  Result<std::vector<model::Host>> List(Duration) override {
    return rows_.With([](auto& rows) {
      std::vector<model::Host> out;
      for (const auto& [id, host] : rows) out.push_back(host);
      return out;
    });
  }
  Status Leave(const HostId& id) override {
    rows_.With([&](auto& rows) { rows.erase(id); });
    return {};
  }
  std::vector<model::Host> rows() { return List({}).value(); }

 private:
  Guarded<std::map<HostId, model::Host>> rows_;
};

// Runs work in order on a thread of its own.
class OneThread {
 public:
  OneThread() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}
  void operator()(std::function<void()> work) {
    {
      Lock lock(mutex_);
      queue_.push_back(std::move(work));
    }
    changed_.notify_one();
  }

 private:
  void Run(const std::stop_token& stop) {
    while (true) {
      std::function<void()> work;
      {
        Lock lock(mutex_);
        changed_.wait(mutex_, stop, [this]() NS_REQUIRES(mutex_) { return !queue_.empty(); });
        if (queue_.empty()) return;
        work = std::move(queue_.front());
        queue_.pop_front();
      }
      work();
    }
  }

  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> queue_ NS_GUARDED_BY(mutex_);
  std::jthread thread_;
};

// A folder with an authority and certificates that it has signed, made by openssl.
class Authority {
 public:
  Authority() : folder_(MakeFolder()) {
    Run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
        "-subj /CN=authority -keyout ca.key -out ca.pem");
  }
  ~Authority() { std::filesystem::remove_all(folder_); }
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  // A certificate of that name that is also good for 127.0.0.1; afterwards Text("<name>.pem") and
  // Text("<name>.key").
  void Sign(const std::string& name) {
    std::ofstream(folder_ + "/ext") << "subjectAltName=DNS:" << name << ",IP:127.0.0.1\n";
    Run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name +
        " -keyout " + name + ".key -out request");
    Run("openssl x509 -req -in request -days 2 -CA ca.pem -CAkey ca.key -CAcreateserial -extfile "
        "ext -out " +
        name + ".pem");
  }
  std::string Text(const std::string& file) const {
    std::ostringstream out;
    out << std::ifstream(folder_ + "/" + file).rdbuf();
    return out.str();
  }

 private:
  static std::string MakeFolder() {
    char name[] = "/tmp/ns-authority-XXXXXX";
    return mkdtemp(name);
  }
  void Run(const std::string& command) const {
    const std::string line = "cd " + folder_ + " && " + command + " >openssl.log 2>&1";
    if (std::system(line.c_str()) != 0) ADD_FAILURE() << command << "\n" << Text("openssl.log");
  }

  const std::string folder_;
};

}  // namespace ns::link::testing
