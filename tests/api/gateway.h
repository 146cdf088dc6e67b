// A gateway's half of an installation: a dispatcher on a store of its own, on a database that
// others share.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "api/dispatcher.h"
#include "api/method.h"
#include "api/testing/settings.h"
#include "base/clock.h"
#include "base/random.h"
#include "google/protobuf/empty.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "neoshowcase/protobuf/api.pb.h"
#include "store/pg_store.h"
#include "store/testing/inbox.h"
#include "store/testing/test_postgres.h"

namespace ns::api {

namespace pb = neoshowcase::protobuf;

// A remote that has HEAD, main and v2.
class FixedGit final : public ports::GitRemote {
 public:
  Result<std::vector<model::GitRef>> ListRefs(const ports::Call&, const ports::Remote&) override {
    const std::string commit(40, 'a');
    return std::vector<model::GitRef>{{"HEAD", commit},
                                      {"main", commit},
                                      {"refs/heads/main", commit},
                                      {"refs/tags/v2", commit},
                                      {"v2", commit}};
  }
  Result<std::vector<model::Commit>> Commits(const ports::Call&, const ports::Remote&,
                                             const std::vector<std::string>&) override {
    return std::vector<model::Commit>();
  }
  Status Checkout(const ports::Call&, const ports::Remote&, const std::string&, const std::string&,
                  const ports::LargeFiles&) override {
    return {Code::kUnsupported, "the API looks at no source"};
  }
  Result<ports::HostKeyLook> HostKey(const ports::Call&, const ports::Remote&) override {
    return Status(Code::kUnsupported, "there is no SSH here");
  }
};

class NoOutputs final : public Outputs {
 public:
  Result<std::vector<model::LogLine>> Lines(const ports::Call&, const std::string&,
                                            const ports::LogQuery&) override {
    return Unavailable("nothing runs here");
  }
};

class Gateway {
 public:
  explicit Gateway(const std::string& connection)
      : store_({.connection = connection, .connections = 4}, store::testing::TestSealer(),
               SystemRandom()) {}

  Result<std::string> Invoke(const std::string& user, const std::string& method,
                             const std::string& request, const std::string& key = "",
                             const std::string& service = kApiService) {
    Peer peer{false,
              0,
              0,
              "127.0.0.1",
              {{"x-forwarded-user", user}, {"x-neoshowcase-secret", "proxy-secret"}}};
    if (!key.empty()) peer.headers.emplace_back("idempotency-key", key);
    return dispatcher_.Invoke({}, peer, service + method, request);
  }
  template <class Out, class In>
  Out Call(const std::string& user, const std::string& method, const In& in) {
    const auto answer = Invoke(user, method, in.SerializeAsString());
    EXPECT_TRUE(answer.ok()) << method << ": " << answer.status().ToString();
    Out out;
    EXPECT_TRUE(answer.ok() && out.ParseFromString(*answer));
    return out;
  }
  std::string NewRepository(const std::string& user, const std::string& url) {
    pb::CreateRepositoryRequest in;
    in.set_name("shop");
    in.set_url(url);
    in.mutable_auth()->mutable_none();
    return Call<pb::Repository>(user, "CreateRepository", in).id();
  }

  ports::Store store() { return store_.store(); }

 private:
  store::PgStore store_;
  FixedGit git_;
  NoOutputs outputs_;
  Dispatcher dispatcher_{TestSettings(),
                         {store_.store(), git_, outputs_, SystemClock(), SystemRandom()}};
};

}  // namespace ns::api
