#include "api/builds_world.h"
#include "base/crypto.h"

namespace ns::api {
namespace {

// A build that has made an artifact of these bytes.
class ArtifactTest : public BuildsWorld {
 protected:
  void SetUp() override {
    BuildsWorld::SetUp();
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

}  // namespace
}  // namespace ns::api
