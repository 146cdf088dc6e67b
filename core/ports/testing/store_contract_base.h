// What the contract of the Store port is tested with: a store of some kind, and the things that
// cases put into it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ports/store.h"

namespace ns::ports::testing {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using namespace std::chrono_literals;

// A fresh, empty store of some kind.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual Store store() = 0;
  // Lets the store's clock move on by at least `by`.
  virtual void Advance(Duration by) = 0;
  // Hints sent since the last call. `until` must have come, or a generous time have passed.
  virtual std::vector<Hint> TakeHints(const Hint& until) = 0;
};
using StoreFactory = std::function<std::unique_ptr<StoreUnderTest>()>;

template <class I>
I IdOf(int n) {
  std::string text = std::to_string(n);
  return I(std::string(22 - text.size(), '0') + text);
}

inline const std::string kHashA(40, 'a'), kHashB(40, 'b');

class StoreContract : public ::testing::TestWithParam<StoreFactory> {
 protected:
  StoreContract() : under_test_(GetParam()()), s(under_test_->store()) {}

  model::User NewUser(const std::string& name = "alice") {
    return s.users.Ensure(name, false).value();
  }

  model::Repository NewRepository(int n = 1) {
    model::Repository repository;
    repository.id = IdOf<RepositoryId>(n);
    repository.name = "repo" + std::to_string(n);
    repository.url = "https://git.example.com/" + repository.name;
    repository.owners = {NewUser().id};
    EXPECT_EQ(s.repositories.Insert(repository), Status());
    return repository;
  }

  model::Application AppOf(int n, const RepositoryId& repository) {
    model::Application app;
    app.id = IdOf<AppId>(n);
    app.name = "app" + std::to_string(n);
    app.repository = repository;
    app.ref = "main";
    app.commit = model::kNoCommit;
    app.build = {"runtime-cmd", R"({"base_image":"alpine"})"};
    app.run.command = "serve --port 80";
    app.websites = {{IdOf<WebsiteId>(n * 10), app.name + ".example.com", "/", false, false, true,
                     8080, model::AuthPolicy::kSoft},
                    {IdOf<WebsiteId>(n * 10 + 1), app.name + ".example.com", "/api", true, true,
                     false, 8081, model::AuthPolicy::kOff}};
    app.ports = {{30000 + n, 80, model::Protocol::kTcp}, {30000 + n, 53, model::Protocol::kUdp}};
    app.owners = {NewUser("zoe").id, NewUser("alice").id};
    app.backend = "docker";
    return app;
  }
  model::Application NewApp(int n = 1) {
    if (!s.repositories.Get(IdOf<RepositoryId>(1)).ok()) NewRepository(1);
    const model::Application app = AppOf(n, IdOf<RepositoryId>(1));
    EXPECT_EQ(s.apps.Insert(app, nullptr), Status());
    return s.apps.Get(app.id).value();
  }

  model::Build BuildOf(int n, const AppId& app, const std::string& key = "key") {
    model::Build build;
    build.id = IdOf<BuildId>(n);
    build.app = app;
    build.commit = kHashA;
    build.build_key = key;
    return build;
  }
  model::Build NewBuild(int n, const AppId& app, const std::string& key = "key") {
    EXPECT_EQ(s.builds.Register(BuildOf(n, app, key), {}, {}), Status());
    return s.builds.Get(IdOf<BuildId>(n)).value();
  }
  model::Build Claimed(int n, Duration lease = std::chrono::minutes(1)) {
    return s.builds.Claim(IdOf<BuildId>(n), IdOf<HostId>(7), lease).value();
  }
  static BuildResult Ended(model::BuildStatus status, const std::string& reason = "") {
    BuildResult result;
    result.status = status;
    if (status != model::BuildStatus::kSucceeded)
      result.outcome = Status(Code::kInternal, reason, "it did not work").SetFault(Fault::kSource);
    return result;
  }
  // A host whose lease is alive for `lease`.
  HostId Beat(int n, Duration lease = std::chrono::minutes(1)) {
    model::Host host;
    host.id = IdOf<HostId>(n);
    EXPECT_TRUE(s.hosts.Beat(host, lease).ok());
    return host.id;
  }

  // Its lease runs out now, however slow the machine is.
  void LetLapse(int n) {
    Beat(n, std::chrono::milliseconds(1));
    under_test_->Advance(std::chrono::milliseconds(5));
  }

  void Settle(const model::Build& claimed, model::BuildStatus status) {
    EXPECT_EQ(s.builds.Settle(claimed.id, claimed.lease.token, Ended(status, "Broken")), Status());
  }

  // Lets all hints so far pass by, then gives those of `write`.
  template <class Write>
  std::vector<Hint> HintsOf(Write&& write) {
    const Hint before{Hint::Kind::kBuildLog, "before"}, after{Hint::Kind::kBuildLog, "after"};
    EXPECT_EQ(s.hints.Send(before), Status());
    (void)under_test_->TakeHints(before);
    write();
    EXPECT_EQ(s.hints.Send(after), Status());
    std::vector<Hint> hints = under_test_->TakeHints(after);
    if (!hints.empty()) hints.pop_back();
    return hints;
  }
  static Hint AppHint(int n) { return {Hint::Kind::kApplication, IdOf<AppId>(n).str()}; }
  static Hint BuildHint(int n) { return {Hint::Kind::kBuild, IdOf<BuildId>(n).str()}; }
  static Hint RepositoryHint(int n) {
    return {Hint::Kind::kRepository, IdOf<RepositoryId>(n).str()};
  }
  static inline const Hint kQueueHint{Hint::Kind::kQueue, ""};

  const std::unique_ptr<StoreUnderTest> under_test_;
  const Store s;
};

}  // namespace ns::ports::testing
