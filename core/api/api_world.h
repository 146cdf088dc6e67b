// An installation in memory with its API, for the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "api/dispatcher.h"
#include "api/method.h"
#include "api/testing/field_path.h"
#include "api/testing/settings.h"
#include "google/protobuf/empty.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "neoshowcase/platform/v1/platform.pb.h"
#include "neoshowcase/protobuf/api.pb.h"
#include "ports/newest_lines.h"
#include "ports/testing/fake_clock.h"
#include "ports/testing/fake_storage.h"
#include "ports/testing/fake_store.h"

namespace ns::api {

using google::protobuf::Empty;
namespace api_pb = neoshowcase::protobuf;
namespace own_pb = neoshowcase::platform::v1;

inline const std::string kCommitA(40, 'a'), kCommitB(40, 'b');

// Made by ssh-keygen, with what it prints of them.
inline const std::string kHostKeyA =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMU9BrlXcmNpMRFMPyIDa3AZotTqx5+vV5fbiZBeJx0A";
inline const std::string kPrintA = "SHA256:I2uPmBOJYt2wD4JAPKsSaYxhrKgvEpHCGiBMi5Ep6lE";
inline const std::string kHostKeyB =
    "ecdsa-sha2-nistp256 "
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBKUomXqOFIsTr6HVQteer8h++uxTSf8Mc7juWJ3gf3"
    "mUyyuCtXluqHKhjt/ZPf/9/N09FgynY1lk4MPPuPRmBBc=";
inline const std::string kPrintB = "SHA256:K7P8k2oBLW3OeQ+VQHOVBn8iCOe7+RFYu3kBJVnoBTc";

// A remote that answers the same refs for every repository, or the same failure.
class FakeGit final : public ports::GitRemote {
 public:
  Result<std::vector<model::GitRef>> ListRefs(const ports::Call&,
                                              const ports::Remote& remote) override {
    asked.push_back(remote);
    if (const auto call = on_ask) call();
    if (!failure.ok()) return failure;
    return refs;
  }
  Result<std::vector<model::Commit>> Commits(const ports::Call&, const ports::Remote& remote,
                                             const std::vector<std::string>& hashes) override {
    asked.push_back(remote);
    if (!failure.ok()) return failure;
    std::vector<model::Commit> found;
    for (const std::string& hash : hashes) {
      if (commits.contains(hash)) found.push_back(commits.at(hash));
    }
    return found;
  }
  Status Checkout(const ports::Call&, const ports::Remote&, const std::string&, const std::string&,
                  const ports::LargeFiles&) override {
    return {Code::kUnsupported, "the API looks at no source"};
  }

  Result<ports::HostKeyLook> HostKey(const ports::Call&, const ports::Remote& remote) override {
    looked.push_back(remote);
    if (!failure.ok()) return failure;
    return ports::HostKeyLook{host_key, verdict};
  }

  std::string host_key = kHostKeyA;
  Status verdict;
  std::vector<ports::Remote> looked;
  std::vector<model::GitRef> refs = {{"HEAD", kCommitA},
                                     {"main", kCommitA},
                                     {"refs/heads/main", kCommitA},
                                     {"refs/tags/v2", kCommitB},
                                     {"v2", kCommitB}};
  std::map<std::string, model::Commit> commits;
  std::function<void()> on_ask;
  Status failure;
  std::vector<ports::Remote> asked;
};

class FakeOutputs final : public Outputs {
 public:
  Result<std::vector<model::LogLine>> Lines(const ports::Call&, const std::string& backend,
                                            const ports::LogQuery& query) override {
    asked.emplace_back(backend, query);
    if (!failure.ok()) return failure;
    ports::NewestLines newest(query);
    for (const model::LogLine& line : lines) {
      if (line.at >= query.since && (query.before == kNever || line.at < query.before))
        newest.Put(line);
    }
    return newest.Take();
  }
  std::vector<model::LogLine> lines;  // all there are
  std::vector<std::pair<std::string, ports::LogQuery>> asked;
  Status failure;
};

class ApiWorld : public ::testing::Test {
 protected:
  // A user whom a proxy names, and root on the Unix socket.
  static Peer Named(const std::string& name) {
    return {false,
            0,
            0,
            "127.0.0.1",
            {{"x-forwarded-user", name}, {"x-neoshowcase-secret", "proxy-secret"}}};
  }
  static Peer Root() { return {true, 0, 0, "", {}}; }

  Result<std::string> Raw(const Peer& peer, const std::string& method, std::string_view bytes) {
    return dispatcher.Invoke({}, peer, method, bytes);
  }

  template <class Out = Empty, class In>
  Result<Out> Call(const Peer& peer, const std::string& method, const In& in) {
    return Sent<Out>(peer, kApiService + method, in);
  }
  template <class Out = Empty, class In>
  Result<Out> Own(const Peer& peer, const std::string& method, const In& in) {
    return Sent<Out>(peer, kPlatformService + method, in);
  }
  // Whatever a refusal names is a path of the request, or a header.
  template <class Out = Empty, class In>
  Result<Out> Sent(const Peer& peer, const std::string& method, const In& in) {
    const auto answer = Raw(peer, method, in.SerializeAsString());
    if (!answer.ok()) {
      for (const std::string& field : FieldsOf(answer.status()))
        EXPECT_TRUE(IsFieldPath(*In::descriptor(), field) || field == "Idempotency-Key")
            << method << ": " << field;
    }
    return Parsed<Out>(answer);
  }
  template <class Out>
  static Result<Out> Parsed(const Result<std::string>& answer) {
    if (!answer.ok()) return answer.status();
    Out out;
    EXPECT_TRUE(out.ParseFromString(*answer));
    return out;
  }

  // Fields that a refusal's google.rpc.BadRequest names.
  static std::vector<std::string> FieldsOf(const Status& refusal) {
    std::vector<std::string> out;
    google::rpc::Status wire;
    EXPECT_TRUE(wire.ParseFromString(refusal.details()));
    EXPECT_EQ(wire.code(), static_cast<int>(refusal.code()));
    EXPECT_EQ(wire.message(), refusal.message());
    google::rpc::BadRequest bad;
    for (const auto& detail : wire.details()) {
      if (!detail.UnpackTo(&bad)) continue;
      for (const auto& violation : bad.field_violations()) out.push_back(violation.field());
    }
    return out;
  }

  // -- what tests start from --
  static api_pb::CreateRepositoryRequest NewRepository(
      const std::string& url = "https://git.test/a/shop.git") {
    api_pb::CreateRepositoryRequest in;
    in.set_name("shop");
    in.set_url(url);
    in.mutable_auth()->mutable_none();
    return in;
  }
  std::string MakeRepository(const Peer& owner,
                             const std::string& url = "https://git.test/a/shop.git") {
    return Call<api_pb::Repository>(owner, "CreateRepository", NewRepository(url)).value().id();
  }
  std::string MakePrivateRepository(const Peer& owner) {
    auto in = NewRepository("https://git.test/a/private.git");
    in.mutable_auth()->mutable_basic()->set_username("bot");
    in.mutable_auth()->mutable_basic()->set_password("hunter2");
    return Call<api_pb::Repository>(owner, "CreateRepository", in).value().id();
  }
  static api_pb::CreateApplicationRequest NewApp(const std::string& repository,
                                                 const std::string& host = "shop.apps.test") {
    api_pb::CreateApplicationRequest in;
    in.set_name("shop");
    in.set_repository_id(repository);
    in.set_ref_name("main");
    in.mutable_config()->mutable_runtime_dockerfile()->set_dockerfile_name("Dockerfile");
    auto* website = in.add_websites();
    website->set_fqdn(host);
    website->set_path_prefix("/");
    website->set_http_port(8080);
    return in;
  }
  api_pb::Application MakeApp(const Peer& owner) {
    return Call<api_pb::Application>(owner, "CreateApplication", NewApp(MakeRepository(owner)))
        .value();
  }
  static api_pb::ApplicationIdRequest OfApp(const std::string& id) {
    api_pb::ApplicationIdRequest in;
    in.set_id(id);
    return in;
  }
  static api_pb::BuildIdRequest OfBuild(const std::string& id) {
    api_pb::BuildIdRequest in;
    in.set_build_id(id);
    return in;
  }
  static api_pb::RepositoryIdRequest OfRepository(const std::string& id) {
    api_pb::RepositoryIdRequest in;
    in.set_repository_id(id);
    return in;
  }
  // A queued build of the application's commit.
  BuildId AddBuild(const std::string& app, const std::string& commit = kCommitA) {
    model::Build build;
    build.id = BuildId::New(random);
    build.app = AppId(app);
    build.commit = commit;
    build.build_key = "key of " + build.id.str();
    EXPECT_TRUE(store.store().builds.Register(build, {}, {}).ok());
    return build.id;
  }
  model::Build Claim(const BuildId& id) {
    model::Host host;
    host.id = HostId(std::string(22, 'f'));
    host.build_slots = 1;
    EXPECT_TRUE(store.store().hosts.Beat(host, std::chrono::minutes(1)).ok());
    return store.store().builds.Claim(id, host.id, std::chrono::seconds(15)).value();
  }

  Parts MakeParts() {
    return {store.store(), git, outputs, clock, random, [this] { return &storage; }};
  }
  void RemakeDispatcher(Settings settings) {
    dispatcher_.emplace(std::move(settings), MakeParts());
  }
  // On another store, which must outlive the test's dispatcher.
  void RemakeDispatcher(Settings settings, ports::Store on) {
    dispatcher_.emplace(std::move(settings),
                        Parts{on, git, outputs, clock, random, [this] { return &storage; }});
  }

  ports::testing::FakeClock clock;
  ports::testing::FakeStore store{clock};
  ports::testing::FakeStorage storage;
  FakeGit git;
  FakeOutputs outputs;
  SeededRandom random{7};

 private:
  std::optional<Dispatcher> dispatcher_{std::in_place, TestSettings(), MakeParts()};

 protected:
  struct Current {
    std::optional<Dispatcher>& held;
    Dispatcher* operator->() { return &*held; }
    Result<std::string> Invoke(const ports::Call& call, const Peer& peer, const std::string& method,
                               std::string_view bytes) {
      return held->Invoke(call, peer, method, bytes);
    }
    RawAnswer Raw(const Peer& peer, std::string_view http_method, std::string_view path,
                  std::string_view body) {
      return held->Raw({}, peer, http_method, path, body);
    }
  } dispatcher{dispatcher_};
};

}  // namespace ns::api
