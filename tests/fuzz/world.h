// An installation in memory: an application that runs, with output, releases and builds, one that
// does not, a repository without, a builder, an admin, and what root has besides.
#pragma once

#include <map>
#include <string>

#include "api/api_world.h"
#include "base/crypto.h"
#include "neoshowcase/platform/v1/admin.pb.h"
#include "neoshowcase/platform/v1/token.pb.h"
#include "target.h"

namespace ns::fuzz {

class World : public api::ApiWorld {
 public:
  using ApiWorld::dispatcher;
  using ApiWorld::Named;
  using ApiWorld::Root;

  World() {
    BringUpBuilder();
    MakeObjects();
    MakeBuilds();
    MakePeople();
  }
  void TestBody() override {}

  // Ids differ from one version of the platform to the next, so inputs hold "@application" and the
  // like instead, padded with '@' to the length of an id: messages keep theirs. The input with ids.
  std::string Filled(std::string_view bytes) const {
    std::string out(bytes);
    for (size_t at = out.find('@'); at != std::string::npos; at = out.find('@', at + 1)) {
      const auto id = ids_.find(out.substr(at, kIdLength));
      if (id != ids_.end()) out.replace(at, kIdLength, id->second);
    }
    return out;
  }

 private:
  static constexpr size_t kIdLength = 22;

  void Know(std::string name, const std::string& id) {
    Require(id.size() == kIdLength, "the installation has all objects");
    name.insert(0, "@").resize(kIdLength, '@');
    ids_[name] = id;
  }

  void BringUpBuilder() {
    model::Host host;
    host.id = kBuilder;
    host.roles = {"builder"};
    host.build_slots = 1;
    Require(store.store().hosts.Beat(host, std::chrono::hours(1)).ok(), "a builder is up");
    store.store().hints.Subscribe([this](const ports::Hint& hint) {
      if (hint.kind != ports::Hint::Kind::kDetection) return;
      const auto task = store.store().detections.Take(kBuilder, std::chrono::minutes(1)).value();
      if (task) (void)store.store().detections.Answer(task->claim, {});
    });
  }
  void MakeObjects() {
    const api::api_pb::Application made = MakeApp(Root());
    app_ = AppId(made.id());
    Know("application", made.id());
    Know("repository", made.repository_id());
    auto spare = NewRepository("git@git.test:a/spare.git");
    spare.mutable_auth()->mutable_ssh();
    Know("spare", Call<api::api_pb::Repository>(Root(), "CreateRepository", spare)->id());
    api::own_pb::SetEnvRequest env;
    env.set_application_id(made.id());
    env.set_key("GREETING");
    env.set_value("hello");
    Require(Own(Root(), "SetEnv", env).ok(), "the application has a variable");
    Know("idle", Call<api::api_pb::Application>(Root(), "CreateApplication",
                                                NewApp(made.repository_id(), "idle.apps.test"))
                     ->id());
    Require(Call(Root(), "StartApplication", OfApp(made.id())).ok(), "the application starts");
    outputs.lines = {{clock.Now(), "stdout", "ready"}};
    model::UsageBatch usage{"docker", clock.Now(), model::kUsageSpan, {{app_, {1, 2, 3, 4}}}};
    Require(store.store().usage.Put(usage, std::chrono::hours(1)).ok(), "its use is known");
  }
  void MakeBuilds() {
    const BuildId first = Built("one\n"), second = Built("two\n");
    Know("release", Deployed(first));
    Deployed(second);
    Know("build", first.str());
    Know("queued", AddBuild(app_.str(), api::kCommitB).str());
    const BuildId site = AddBuild(app_.str(), std::string(40, 'c'));
    Know("artifact", site.str());
    SettleSite(site);
  }
  // A build of an image.
  BuildId Built(const std::string& log) {
    const BuildId id = AddBuild(app_.str());
    const std::string token = Claim(id).lease.token;
    const auto begun = store.store().logs.Append(id, token, 0, "");
    Require(begun.ok() && store.store().logs.Append(id, token, *begun, log).ok(), "it has a log");
    Settle(id, token, {"r/app:1", "sha256:" + id.str(), 1});
    return id;
  }
  // A build of an artifact of one byte.
  void SettleSite(const BuildId& id) {
    const model::Build claimed = Claim(id);
    const std::string bytes = "x";
    const model::Image artifact = model::ArtifactOf(app_, id, 1, Sha256Hex(bytes), 1);
    bool given = false;
    const Status put = storage.Put({}, artifact.ArtifactKey(), {1, Sha256Hex(bytes)},
                                   [&](char* to, size_t) -> Result<size_t> {
                                     if (std::exchange(given, true)) return size_t{0};
                                     *to = bytes[0];
                                     return size_t{1};
                                   });
    Require(put.ok(), "it is stored");
    Settle(id, claimed.lease.token, artifact);
  }
  void Settle(const BuildId& id, const std::string& token, const model::Image& image) {
    model::BuildResult result;
    result.status = model::BuildStatus::kSucceeded;
    result.image = image;
    Require(store.store().builds.Settle(id, token, result).ok(), "it ends");
  }
  std::string Deployed(const BuildId& build) {
    const model::Target now = store.store().deploys.Snapshot(app_)->app.target;
    model::Release release;
    release.id = ReleaseId::New(random);
    release.app = app_;
    release.build = build;
    release.commit = api::kCommitA;
    release.image = {"r/app:1", "sha256:" + build.str(), 1};
    release.generation = now.generation + 1;
    model::Target next = now;
    next.release = release.id;
    Require(store.store().deploys.SetTarget(app_, now.generation, next, release).ok(),
            "it is deployed");
    return release.id.str();
  }
  void MakePeople() {
    for (const char* name : {"grace", "hazel"})
      Require(Call(Named(name), "GetMe", api::Empty()).ok(), "there are users");
    api::own_pb::AddAdminRequest admin;
    admin.set_name("grace");
    Require(Sent(Root(), "neoshowcase.platform.v1.AdminService/AddAdmin", admin).ok(),
            "one of them is an admin");
    api::api_pb::CreateUserKeyRequest key;
    key.set_name("laptop");
    key.set_public_key(api::kHostKeyA);
    Know("key", Call<api::api_pb::UserKey>(Root(), "CreateUserKey", key)->id());
    api::own_pb::CreateTokenRequest token;
    token.set_name("ci");
    token.set_scope(api::own_pb::TOKEN_SCOPE_READ);
    Know("token", Sent<api::own_pb::CreateTokenResponse>(
                      Root(), "neoshowcase.platform.v1.TokenService/CreateToken", token)
                      ->token()
                      .id());
  }

  const HostId kBuilder{std::string(22, 'b')};
  AppId app_;
  std::map<std::string, std::string> ids_;
};

}  // namespace ns::fuzz
