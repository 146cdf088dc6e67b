#include <gmock/gmock.h>

#include "api/api_world.h"

#include <thread>

#include "base/crypto.h"

namespace ns::api {
namespace {

using Fields = std::vector<std::string>;

class BuildsTest : public ApiWorld {
 protected:
  void SetUp() override {
    app = MakeApp(Named("alice")).id();
    build = AddBuild(app);
  }
  void Append(const std::string& token, const std::string& text) {
    ports::BuildLogStore& logs = store.store().logs;
    const auto end = logs.Append(build, token, 0, "");
    ASSERT_TRUE(end.ok() && logs.Append(build, token, *end, text).ok());
  }
  void Settle(const std::string& token, model::BuildStatus status) {
    ASSERT_TRUE(store.store().builds.Settle(build, token, {status, Status(), {}, {}}).ok());
  }
  own_pb::ReadBuildLogRequest From(int64_t offset, int wait_ms = 0) {
    own_pb::ReadBuildLogRequest in;
    in.set_build_id(build.str());
    in.set_offset(offset);
    in.set_wait_ms(wait_ms);
    return in;
  }
  api_pb::Build Get() {
    return Call<api_pb::Build>(Named("bob"), "GetBuild", OfBuild(build.str())).value();
  }

  std::string app;
  BuildId build;
};

TEST_F(BuildsTest, Builds_AreNewestFirst) {
  clock.Advance(std::chrono::seconds(1));
  const BuildId newer = AddBuild(app, kCommitB);
  const auto builds =
      Call<api_pb::GetBuildsResponse>(Named("bob"), "GetBuilds", OfApp(app)).value();
  ASSERT_EQ(builds.builds_size(), 2);
  EXPECT_EQ(builds.builds(0).id(), newer.str());
  EXPECT_EQ(builds.builds(1).id(), build.str());
  EXPECT_EQ(builds.builds(1).commit(), kCommitA);
  EXPECT_FALSE(builds.builds(1).started_at().valid());
  EXPECT_TRUE(builds.builds(1).has_finished_at());
}

// What everybody has built, as far as one may see it.
class AllBuildsTest : public BuildsTest {
 protected:
  static api_pb::GetAllBuildsRequest Page(int page, int limit) {
    api_pb::GetAllBuildsRequest in;
    in.set_page(page);
    in.set_limit(limit);
    return in;
  }
  Fields All(const Peer& peer, int page = 0, int limit = 0) {
    Fields ids;
    const auto builds =
        Call<api_pb::GetBuildsResponse>(peer, "GetAllBuilds", Page(page, limit)).value();
    for (const auto& one : builds.builds()) ids.push_back(one.id());
    return ids;
  }
  Fields Refusal(int page, int limit) {
    const Status status = Call(Named("bob"), "GetAllBuilds", Page(page, limit)).status();
    EXPECT_EQ(status.code(), Code::kInvalid);
    return FieldsOf(status);
  }
};

TEST_F(AllBuildsTest, OwnAndPublicOnes_AreShownToUsersAndAllToAdmins) {
  const std::string hidden =
      Call<api_pb::Application>(Named("alice"), "CreateApplication",
                                NewApp(MakePrivateRepository(Named("alice")), "b.apps.test"))
          .value()
          .id();
  const std::string second = AddBuild(hidden).str();
  EXPECT_EQ(All(Named("alice")), (Fields{second, build.str()}));
  EXPECT_EQ(All(Named("bob")), Fields{build.str()});
  EXPECT_EQ(All(Root()), (Fields{second, build.str()}));
}

TEST_F(AllBuildsTest, Pages_AreNewestFirstAndBounded) {
  Fields ids = {build.str()};
  for (int i = 0; i < 51; ++i) ids.insert(ids.begin(), AddBuild(app).str());
  EXPECT_EQ(All(Named("bob")), Fields(ids.begin(), ids.begin() + 50))
      << "50 where none is asked for";
  EXPECT_EQ(All(Named("bob"), 1), Fields(ids.begin() + 50, ids.end()));
  EXPECT_EQ(All(Named("bob"), 2, 10), Fields(ids.begin() + 20, ids.begin() + 30));
  EXPECT_EQ(All(Named("bob"), 0, 200), ids);
  EXPECT_EQ(All(Named("bob"), 2147483647, 200), Fields());
  EXPECT_EQ(Refusal(-1, 10), Fields{"page"});
  EXPECT_EQ(Refusal(0, -1), Fields{"limit"});
  EXPECT_EQ(Refusal(-1, 201), (Fields{"page", "limit"}));
}

// A build that has made an artifact of these bytes.
class ArtifactTest : public BuildsTest {
 protected:
  void SetUp() override {
    BuildsTest::SetUp();
    Fill();
    const model::Build claimed = Claim(build);
    const model::Image artifact =
        model::ArtifactOf(claimed.app, build, 1, Sha256Hex(bytes), std::ssize(bytes));
    size_t at = 0;
    ASSERT_TRUE(storage
                    .Put({}, artifact.ArtifactKey(), {bytes.size(), Sha256Hex(bytes)},
                         [&](char* to, size_t most) -> Result<size_t> {
                           const size_t count = bytes.copy(to, most, at);
                           at += count;
                           return count;
                         })
                    .ok());
    ASSERT_TRUE(store.store()
                    .builds
                    .Settle(build, claimed.lease.token,
                            {model::BuildStatus::kSucceeded, Status(), artifact, {}})
                    .ok());
  }
  Result<api_pb::ArtifactContent> Artifact(const std::string& user, const std::string& id) {
    api_pb::ArtifactIdRequest in;
    in.set_artifact_id(id);
    return Call<api_pb::ArtifactContent>(Named(user), "GetBuildArtifact", in);
  }
  // A piece of at most a megabyte.
  Result<own_pb::ReadBuildArtifactResponse> Piece(const std::string& user, int64_t offset,
                                                  int32_t max_bytes = 1 << 20) {
    own_pb::ReadBuildArtifactRequest in;
    in.set_artifact_id(build.str());
    in.set_offset(offset);
    in.set_max_bytes(max_bytes);
    return Own<own_pb::ReadBuildArtifactResponse>(Named(user), "ReadBuildArtifact", in);
  }
  virtual void Fill() {}
  std::string bytes = std::string("gz\0bytes", 8);
};

TEST_F(ArtifactTest, IsListedWithItsBuildAndGivenToOwners) {
  const api_pb::Build shown = Get();
  ASSERT_EQ(shown.artifacts_size(), 1);
  EXPECT_FALSE(shown.has_runtime_image());
  EXPECT_EQ(shown.artifacts(0).name(), "website.tar.gz");
  EXPECT_EQ(shown.artifacts(0).build_id(), build.str());
  EXPECT_EQ(shown.artifacts(0).size(), std::ssize(bytes));
  EXPECT_FALSE(shown.artifacts(0).deleted_at().valid());
  const auto content = Artifact("alice", shown.artifacts(0).id()).value();
  EXPECT_EQ(content.filename(), "website.tar.gz");
  EXPECT_EQ(content.content(), bytes);
  EXPECT_EQ(Artifact("bob", shown.artifacts(0).id()).status().code(), Code::kDenied);
}

TEST_F(ArtifactTest, DeletedOrNoneOrUnknown_IsNotFound) {
  const AppId id(app);
  ASSERT_TRUE(store.store().retention.CondemnImages(id, {build}).ok());
  EXPECT_EQ(Artifact("alice", build.str()).status().reason(), "ArtifactDeleted");
  EXPECT_TRUE(Get().artifacts(0).deleted_at().valid());
  const BuildId running = AddBuild(app, kCommitB);
  EXPECT_EQ(Artifact("alice", running.str()).status().code(), Code::kNotFound);
  EXPECT_EQ(Artifact("alice", std::string(22, '0')).status().code(), Code::kNotFound);
}

TEST_F(ArtifactTest, ThatWasChanged_IsNotGivenOut) {
  const std::string key = store.store().builds.Get(build)->image.ArtifactKey();
  storage.Corrupt(key, "other");
  EXPECT_EQ(Artifact("alice", build.str()).status().reason(), "DigestMismatch");
}

TEST_F(ArtifactTest, Pieces_AreGivenToOwnersFromAnOffset) {
  const auto piece = Piece("alice", 3, 2).value();
  EXPECT_EQ(piece.data(), "by");
  EXPECT_EQ(piece.next_offset(), 5);
  EXPECT_FALSE(piece.finished());
  EXPECT_EQ(piece.digest(), "sha256:" + Sha256Hex(bytes));
  const auto last = Piece("alice", 5, 0).value();
  EXPECT_EQ(last.data(), "tes");
  EXPECT_TRUE(last.finished());
  EXPECT_TRUE(Piece("alice", 8).value().finished()) << "nothing is left";
  EXPECT_EQ(Piece("bob", 0).status().code(), Code::kDenied);
  EXPECT_EQ(FieldsOf(Piece("alice", 9).status()), Fields{"offset"});
  EXPECT_EQ(FieldsOf(Piece("alice", -1).status()), Fields{"offset"});
  EXPECT_EQ(FieldsOf(Piece("alice", 0, (1 << 20) + 1).status()), Fields{"max_bytes"});
  storage.Corrupt(store.store().builds.Get(build)->image.ArtifactKey(), "short");
  EXPECT_EQ(Piece("alice", 3).status().reason(), "DigestMismatch");
}

// Larger than what one answer may have.
class LargeArtifactTest : public ArtifactTest {
 protected:
  void Fill() override {
    bytes.assign((64 << 20) + 5, 'x');
    for (size_t at = 0; at < bytes.size(); at += 1000) bytes[at] = static_cast<char>(at / 1000);
  }
};

TEST_F(LargeArtifactTest, IsReadInPiecesOfWhatOneAnswerMayHave) {
  const Status whole = Artifact("alice", build.str()).status();
  EXPECT_EQ(whole.reason(), "ArtifactTooLarge");
  EXPECT_NE(whole.message().find("ReadBuildArtifact"), std::string::npos) << whole.message();
  std::string read;
  for (bool finished = false; !finished;) {
    const auto piece = Piece("alice", std::ssize(read));
    ASSERT_TRUE(piece.ok()) << piece.status().ToString();
    ASSERT_LE(piece->data().size(), 1u << 20);
    read += piece->data();
    ASSERT_EQ(piece->next_offset(), std::ssize(read));
    finished = piece->finished();
  }
  EXPECT_TRUE(read == bytes);
}

TEST_F(BuildsTest, Log_IsWholeOnceTheBuildHasEnded) {
  const std::string token = Claim(build).lease.token;
  Append(token, "one\n");
  EXPECT_EQ(Call(Named("alice"), "GetBuildLog", OfBuild(build.str())).status().code(),
            Code::kPrecondition);
  Append(token, std::string(3 << 20, 'x'));
  Settle(token, model::BuildStatus::kFailed);
  EXPECT_EQ(
      Call<api_pb::BuildLog>(Named("alice"), "GetBuildLog", OfBuild(build.str())).value().log(),
      "one\n" + std::string(3 << 20, 'x'));
  EXPECT_EQ(Call(Named("bob"), "GetBuildLog", OfBuild(build.str())).status().code(), Code::kDenied);
}

TEST_F(BuildsTest, ReadLog_GivesPiecesFromAnOffset) {
  const std::string token = Claim(build).lease.token;
  Append(token, "0123456789");
  auto in = From(4);
  in.set_max_bytes(3);
  auto piece = Own<own_pb::ReadBuildLogResponse>(Named("alice"), "ReadBuildLog", in).value();
  EXPECT_EQ(piece.data(), "456");
  EXPECT_EQ(piece.next_offset(), 7);
  EXPECT_FALSE(piece.finished());
  Settle(token, model::BuildStatus::kSucceeded);
  piece = Own<own_pb::ReadBuildLogResponse>(Named("alice"), "ReadBuildLog", From(7)).value();
  EXPECT_EQ(piece.data(), "789");
  EXPECT_TRUE(piece.finished());
  EXPECT_EQ(Own(Named("bob"), "ReadBuildLog", From(0)).status().code(), Code::kDenied);
}

TEST_F(BuildsTest, ReadLog_ChecksItsNumbers) {
  EXPECT_EQ(FieldsOf(Own(Named("alice"), "ReadBuildLog", From(-1)).status()), Fields{"offset"});
  EXPECT_EQ(FieldsOf(Own(Named("alice"), "ReadBuildLog", From(0, 30'001)).status()),
            Fields{"wait_ms"});
  auto in = From(0);
  in.set_max_bytes((1 << 20) + 1);
  EXPECT_EQ(FieldsOf(Own(Named("alice"), "ReadBuildLog", in).status()), Fields{"max_bytes"});
}

TEST_F(BuildsTest, ReadLog_WaitsForMore) {
  const std::string token = Claim(build).lease.token;
  std::jthread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    Append(token, "late");
  });
  const auto piece =
      Own<own_pb::ReadBuildLogResponse>(Named("alice"), "ReadBuildLog", From(0, 30'000)).value();
  EXPECT_EQ(piece.data(), "late");
}

TEST_F(BuildsTest, ReadLog_EndsWhenTheCallerGoesOrTheTimeIsUp) {
  Claim(build);
  std::stop_source gone;
  std::jthread caller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    gone.request_stop();
  });
  const std::string method = std::string(kPlatformService) + "ReadBuildLog";
  EXPECT_TRUE(dispatcher
                  .Invoke({gone.get_token(), {}}, Named("alice"), method,
                          From(0, 30'000).SerializeAsString())
                  .ok());
  clock.Advance(std::chrono::seconds(1));
  EXPECT_TRUE(dispatcher
                  .Invoke({{}, clock.Monotonic() + std::chrono::milliseconds(400)}, Named("alice"),
                          method, From(0, 30'000).SerializeAsString())
                  .ok());
}

TEST_F(BuildsTest, Cancel_OfAQueuedBuild_EndsItOnce) {
  ASSERT_TRUE(Call(Named("alice"), "CancelBuild", OfBuild(build.str())).ok());
  EXPECT_EQ(Get().status(), api_pb::CANCELLED);
  EXPECT_EQ(Call(Named("alice"), "CancelBuild", OfBuild(build.str())).status().code(),
            Code::kPrecondition);
  EXPECT_EQ(Call(Named("bob"), "CancelBuild", OfBuild(build.str())).status().code(), Code::kDenied);
}

TEST_F(BuildsTest, Retry_MarksTheBuildsOfThatCommit) {
  const std::string token = Claim(build).lease.token;
  Settle(token, model::BuildStatus::kFailed);
  api_pb::RetryCommitBuildRequest in;
  in.set_application_id(app);
  in.set_commit(kCommitA);
  ASSERT_TRUE(Call(Named("alice"), "RetryCommitBuild", in).ok());
  EXPECT_TRUE(Get().retriable());
  in.set_commit(kCommitB);
  EXPECT_EQ(Call(Named("alice"), "RetryCommitBuild", in).status().code(), Code::kNotFound);
  in.set_commit("main");
  EXPECT_EQ(FieldsOf(Call(Named("alice"), "RetryCommitBuild", in).status()), Fields{"commit"});
  EXPECT_EQ(Call(Named("bob"), "RetryCommitBuild", in).status().code(), Code::kDenied);
}

TEST_F(BuildsTest, Image_OfASucceededBuild_IsShown) {
  const std::string token = Claim(build).lease.token;
  ASSERT_TRUE(
      store.store()
          .builds
          .Settle(build, token,
                  {model::BuildStatus::kSucceeded, Status(), {"r:5000/a:b-1", "sha256:1", 77}, {}})
          .ok());
  EXPECT_EQ(Get().runtime_image().size(), 77);
  EXPECT_EQ(Get().runtime_image().build_id(), build.str());
  EXPECT_TRUE(Get().finished_at().valid());
}

// -- answers of many messages --

class LogStreamTest : public BuildsTest {
 protected:
  std::unique_ptr<Stream> Open(const Peer& peer, const std::string& method,
                               const google::protobuf::Message& in) {
    auto stream = dispatcher->Open({}, peer, method, in.SerializeAsString());
    EXPECT_TRUE(stream.ok()) << stream.status().ToString();
    return stream.ok() ? std::move(*stream) : nullptr;
  }
  std::string TextOf(const Piece& piece) {
    std::string text;
    for (const std::string& message : piece.messages) {
      api_pb::BuildLog log;
      EXPECT_TRUE(log.ParseFromString(message));
      text += log.log();
    }
    return text;
  }
  const std::string all_ = std::string(kApiService) + "GetBuildLogStream",
                    from_ = std::string(kPlatformService) + "FollowBuildLog";
};

TEST_F(LogStreamTest, GivesWhatHasComeUntilTheBuildHasEnded) {
  EXPECT_TRUE(dispatcher->Streams(all_));
  EXPECT_FALSE(dispatcher->Streams(std::string(kApiService) + "GetBuildLog"));
  const std::string token = Claim(build).lease.token;
  const auto stream = Open(Named("alice"), all_, OfBuild(build.str()));
  EXPECT_EQ(stream->awaits(), build.str());
  EXPECT_EQ(TextOf(stream->Next({}).value()), "");
  Append(token, "one\n");
  EXPECT_EQ(TextOf(stream->Next({}).value()), "one\n");
  Append(token, "two\n");
  Settle(token, model::BuildStatus::kFailed);
  std::string rest;
  for (;;) {
    const Piece piece = stream->Next({}).value();
    rest += TextOf(piece);
    if (piece.ended) break;
  }
  EXPECT_EQ(rest, "two\n");
}

TEST_F(LogStreamTest, WhoeverWasCutOff_GoesOnFromTheLastPiece) {
  const std::string token = Claim(build).lease.token;
  Append(token, "0123456789");
  const auto stream = Open(Named("alice"), from_, From(4));
  own_pb::ReadBuildLogResponse piece;
  ASSERT_TRUE(piece.ParseFromString(stream->Next({}).value().messages.at(0)));
  EXPECT_EQ(piece.data(), "456789");
  EXPECT_EQ(piece.next_offset(), 10);
  EXPECT_FALSE(piece.finished());
  Settle(token, model::BuildStatus::kFailed);
  const Piece last = stream->Next({}).value();
  EXPECT_TRUE(last.ended);
  ASSERT_TRUE(piece.ParseFromString(last.messages.at(0)));
  EXPECT_TRUE(piece.finished()) << "said to those who follow";
}

TEST_F(LogStreamTest, IsForItsOwnersAndChecksItsNumbers) {
  EXPECT_EQ(dispatcher->Open({}, Named("bob"), all_, OfBuild(build.str()).SerializeAsString())
                .status()
                .code(),
            Code::kDenied);
  EXPECT_EQ(
      FieldsOf(dispatcher->Open({}, Named("alice"), from_, From(-1).SerializeAsString()).status()),
      Fields{"offset"});
  EXPECT_EQ(Call(Named("alice"), "GetBuildLogStream", OfBuild(build.str())).status().reason(),
            "NotOffered")
      << "as one message";
}

TEST_F(LogStreamTest, EndsWithTheRightToIt) {
  const auto stream = Open(Named("alice"), all_, OfBuild(build.str()));
  ASSERT_TRUE(stream->Next({}).ok());
  model::Application changed = store.store().apps.Get(AppId(app)).value();
  changed.owners = {store.store().users.Ensure("carol", false).value().id};
  ASSERT_TRUE(store.store().apps.Update(changed, changed.updated_at, nullptr).ok());
  EXPECT_TRUE(stream->Next({}).ok()) << "it is not asked each time";
  clock.Advance(std::chrono::seconds(31));
  EXPECT_EQ(stream->Next({}).status().code(), Code::kDenied);
}

TEST_F(LogStreamTest, Hint_TellsThatThereIsMore) {
  std::vector<std::string> told;
  dispatcher->OnMore([&](const std::string& id) { told.push_back(id); });
  const std::string token = Claim(build).lease.token;
  Append(token, "x");
  EXPECT_THAT(told, ::testing::Contains(build.str()));
  dispatcher->OnMore(nullptr);
  told.clear();
  Append(token, "y");
  EXPECT_TRUE(told.empty());
}

}  // namespace
}  // namespace ns::api
