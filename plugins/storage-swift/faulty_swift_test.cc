// What a storage does with a Swift that fails: answers are written out, requests are kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>

#include "digest/digest.h"
#include "http/testing/loopback_server.h"
#include "segments.h"
#include "swift_storage.h"

namespace ns::storage_swift {
namespace {

using http::testing::Says;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Server = http::testing::LoopbackServer;

std::string SignedIn(const std::string& token) {
  return Says(200, "",
              "X-Storage-Url: http://127.0.0.1:$PORT/v1/AUTH_a\r\nX-Auth-Token: " + token + "\r\n");
}
std::string Carries(const std::string& upload) {
  return Says(200, "", "X-Object-Meta-Neoshowcase-Upload: " + upload + "\r\n");
}
const std::string kUpload(32, 'a');
constexpr const char* kOld = "2020-01-01T00:00:00.000000";

std::string Segment(const std::string& name, const char* modified = kOld) {
  return R"({"name": ")" + name + R"(", "bytes": 1, "last_modified": ")" + modified + R"("})";
}

sdk::Error Thrown(const std::function<void()>& body) {
  try {
    body();
  } catch (const sdk::Error& error) {
    return error;
  }
  return sdk::Error(NS_E_UNKNOWN, "", "nothing");
}

// An active storage, whose four first requests are over.
struct World {
  explicit World(std::vector<std::string> answers, const std::string& segments = "[]")
      : server([&] {
          std::vector<std::string> all = {SignedIn("t1"), Says(204), Says(204),
                                          Says(200, segments)};
          all.insert(all.end(), answers.begin(), answers.end());
          return all;
        }()),
        storage({sdk::Host(), NS_STORAGE, "swift",
                 R"({"auth": "v1", "auth_url": "http://127.0.0.1:)" +
                     std::to_string(server.port()) +
                     R"(/auth", "container": "files", "prefix": "p/", "user": "u", "key": "k", )"
                     R"("part_size": 1048576})"}) {
    storage.Activate(sdk::Call());
  }

  // "PUT p/key" of each request but the first four; segments without the name of their upload.
  std::vector<std::string> Lines() {
    std::vector<std::string> lines;
    for (const std::string& request : server.requests()) {
      std::string line = request.substr(0, request.find(" HTTP/"));
      for (const std::string& gone :
           {std::string("/v1/AUTH_a/files/"), std::string("/v1/AUTH_a/")}) {
        if (const size_t at = line.find(gone); at != line.npos) line.erase(at, gone.size());
      }
      if (const size_t at = line.find("/p/key/"); at != line.npos) line.erase(at + 7, 33);
      lines.push_back(line);
    }
    lines.erase(lines.begin(), lines.begin() + 4);
    return lines;
  }

  // What a put of these bytes throws; UNKNOWN: nothing.
  sdk::Error Put(const std::string& bytes) {
    struct Feed {
      const std::string& bytes;
      size_t at = 0;
    } feed{bytes};
    const auto read = [](void* ctx, uint8_t* to, size_t most, size_t* got) noexcept -> ns_status {
      Feed& from = *static_cast<Feed*>(ctx);
      *got = std::min(most, from.bytes.size() - from.at);
      std::memcpy(to, from.bytes.data() + from.at, *got);
      from.at += *got;
      return NS_OK;
    };
    return Thrown([&] {
      storage.Put(sdk::Call(), {"key", bytes.size(), digest::Sha256Hex(bytes)},
                  sdk::ByteSource({&feed, read}));
    });
  }

  sdk::Error Get(std::string& all, sdk::ObjectRange range = {"key"}) {
    const auto write = [](void* ctx, ns_bytes bytes) noexcept -> ns_status {
      *static_cast<std::string*>(ctx) += sdk::View(bytes);
      return NS_OK;
    };
    return Thrown([&] { storage.Get(sdk::Call(), range, sdk::ByteSink({&all, write})); });
  }

  Server server;
  SwiftStorage storage;
};

TEST(FaultySwift, TokenThatExpired_IsRenewedOnce) {
  World world({Says(401), SignedIn("t2"), Says(404), Says(201)});
  EXPECT_EQ(world.Put("bytes").code(), NS_E_UNKNOWN);
  EXPECT_THAT(world.Lines(), ElementsAre("HEAD p/key", "GET /auth", "HEAD p/key", "PUT p/key"));
  const auto requests = world.server.requests();
  EXPECT_THAT(requests[4], HasSubstr("X-Auth-Token: t1\r\n"));
  EXPECT_THAT(requests[5], HasSubstr("X-Auth-User: u\r\nX-Auth-Key: k\r\n"));
  EXPECT_THAT(requests[6], HasSubstr("X-Auth-Token: t2\r\n"));
  EXPECT_THAT(requests[6], Not(HasSubstr("t1")));
  EXPECT_THAT(requests[7], HasSubstr("X-Auth-Token: t2\r\n"));
}

TEST(FaultySwift, NewTokenRefusedToo_IsDenied) {
  World world({Says(401), SignedIn("t2"), Says(401), SignedIn("t3"), Says(404)});
  EXPECT_EQ(world.Put("bytes").reason(), NS_REASON_STORAGE_DENIED);
  EXPECT_EQ(world.Lines().size(), 3u);
}

TEST(FaultySwift, TokenExpiresBeforeAGet_NothingIsGivenTwice) {
  World world({Says(401, "no"), SignedIn("t2"), Says(200, "0123456789")});
  std::string got;
  EXPECT_EQ(world.Get(got).code(), NS_E_UNKNOWN);
  EXPECT_EQ(got, "0123456789");
}

// Swift says 404 in the instant in which an object is replaced.
TEST(FaultySwift, ObjectSaidToBeMissing_IsAskedForTwiceMore) {
  World replaced({Says(404), Says(404), Says(200, "0123456789")});
  std::string got;
  EXPECT_EQ(replaced.Get(got).code(), NS_E_UNKNOWN);
  EXPECT_EQ(got, "0123456789");
  World missing({Says(404), Says(404), Says(404), Says(200, "late")});
  EXPECT_EQ(missing.Get(got).reason(), NS_REASON_OBJECT_MISSING);
  EXPECT_EQ(missing.Lines().size(), 3u);
}

TEST(FaultySwift, PutThatFailsForAMoment_IsSentAgainTheSame) {
  World world({Says(404), Says(503), "", Says(201)});
  EXPECT_EQ(world.Put("bytes").code(), NS_E_UNKNOWN);
  EXPECT_THAT(world.Lines(), ElementsAre("HEAD p/key", "PUT p/key", "PUT p/key", "PUT p/key"));
  for (size_t i = 5; i < 8; ++i) {
    const std::string request = world.server.requests()[i];
    EXPECT_TRUE(request.ends_with("\r\n\r\nbytes")) << request;
    EXPECT_THAT(request, HasSubstr("ETag: " + Md5Hex("bytes") + "\r\n"));
  }
}

TEST(FaultySwift, Refusals_AreNotAskedForAgain) {
  const std::pair<int, const char*> cases[] = {{403, NS_REASON_STORAGE_DENIED},
                                               {413, NS_REASON_DISK_FULL},
                                               {507, NS_REASON_DISK_FULL},
                                               {422, NS_REASON_DIGEST_MISMATCH},
                                               {404, NS_REASON_STORAGE_UNAVAILABLE}};
  for (const auto& [status, reason] : cases) {
    World world({Says(404), Says(status), Says(201)});
    EXPECT_EQ(world.Put("bytes").reason(), reason) << status;
    EXPECT_EQ(world.Lines().size(), 2u) << status;
  }
}

TEST(FaultySwift, AnswerCutInTheMiddle_IsAFailureAndNotAskedForAgain) {
  World world({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", Says(200, "0123456789")});
  std::string got;
  EXPECT_EQ(world.Get(got).reason(), NS_REASON_STORAGE_UNAVAILABLE);
  EXPECT_EQ(got, "half");
  EXPECT_EQ(world.Lines().size(), 1u);
}

TEST(FaultySwift, RangeOfAnObjectThatChanges_Fails) {
  World world(
      {"HTTP/1.1 200 X\r\nContent-Length: 10\r\nConnection: close\r\nETag: v1\r\n\r\n", Says(412)});
  std::string got;
  EXPECT_EQ(world.Get(got, {"key", 2, 3}).code(), NS_E_UNAVAILABLE);
  const std::string request = world.server.requests()[5];
  EXPECT_THAT(request, HasSubstr("Range: bytes=2-4\r\n"));
  EXPECT_THAT(request, HasSubstr("If-Match: v1\r\n"));
}

const std::string kLarge(1'048'577, 'x');

TEST(FaultySwift, LargeObject_SegmentsThenManifestThenTheOldSegmentsGo) {
  const std::string old = "p/key/" + kUpload + "/00001";
  World world({"", Says(201), Says(201), Carries(kUpload), Says(503), Says(201),
               Says(200, "[" + Segment(old) + "]"), Says(204)});
  EXPECT_EQ(world.Put(kLarge).code(), NS_E_UNKNOWN);
  EXPECT_THAT(world.Lines(),
              ElementsAre("PUT files_segments/p/key/00001", "PUT files_segments/p/key/00001",
                          "PUT files_segments/p/key/00002", "HEAD p/key",
                          "PUT p/key?multipart-manifest=put", "PUT p/key?multipart-manifest=put",
                          StartsWith("GET files_segments?format=json"),
                          "DELETE files_segments/p/key/00001"));
  const auto requests = world.server.requests();
  EXPECT_THAT(requests[4], HasSubstr("ETag: " + Md5Hex(kLarge.substr(1)) + "\r\n"));
  EXPECT_THAT(requests[9],
              HasSubstr("ETag: " + Md5Hex(Md5Hex(kLarge.substr(1)) + Md5Hex("x")) + "\r\n"));
  EXPECT_THAT(requests[10], HasSubstr(http::Escaped("p/key/" + kUpload + "/")));
  EXPECT_THAT(requests[11], HasSubstr(old));
}

TEST(FaultySwift, OldSegmentsThatStay_AreNoFailure) {
  World world({Carries(kUpload), Says(201), Says(403)});
  EXPECT_EQ(world.Put("small").code(), NS_E_UNKNOWN);
  EXPECT_EQ(world.Lines().size(), 3u);
}

TEST(FaultySwift, ServerHasSomethingNewer_ItsSegmentsStay) {
  World whole({Carries(kUpload), Says(202), Says(200, "[]")});
  EXPECT_EQ(whole.Put("small").code(), NS_E_UNKNOWN);
  EXPECT_EQ(whole.Lines().size(), 2u);
  World large({Says(201), Says(201), Carries(kUpload), Says(202), Says(200, "[]")});
  EXPECT_EQ(large.Put(kLarge).code(), NS_E_UNKNOWN);
  EXPECT_EQ(large.Lines().size(), 4u);
}

TEST(FaultySwift, SegmentRefused_TheUploadIsGivenUp) {
  World world({Says(201), Says(413), Says(204), Says(404)});
  EXPECT_EQ(world.Put(kLarge).reason(), NS_REASON_DISK_FULL);
  EXPECT_THAT(
      world.Lines(),
      ElementsAre("PUT files_segments/p/key/00001", "PUT files_segments/p/key/00002",
                  "DELETE files_segments/p/key/00001", "DELETE files_segments/p/key/00002"));
}

// The host waits five seconds for a call that was cancelled.
TEST(FaultySwift, ServerThatHangsWhileGivenUp_IsLeftAfterThreeSeconds) {
  Server hanging({SignedIn("t1"), Says(413), ""}, true);
  const std::string config = R"({"auth": "v1", "auth_url": "http://127.0.0.1:)" +
                             std::to_string(hanging.port()) +
                             R"(", "container": "files", "user": "u", "key": "k"})";
  Container container(ParseConfig(config), "k");
  const auto begin = sdk::Call::Clock::now();
  const sdk::Call call;
  EXPECT_EQ(Thrown([&] { SegmentUpload(container, call, "key").Add("part"); }).reason(),
            NS_REASON_DISK_FULL);
  EXPECT_EQ(hanging.requests().size(), 3u);
  const auto took = sdk::Call::Clock::now() - begin;
  EXPECT_GE(took, std::chrono::milliseconds(2'900));
  EXPECT_LT(took, std::chrono::seconds(5));
}

// The server may have the manifest: its segments must not go.
TEST(FaultySwift, ManifestWithoutAnAnswer_ItsSegmentsStay) {
  for (const std::string& lost : {std::string(), Says(503)}) {
    World world({Says(201), Says(201), Says(404), lost, lost, lost, lost, Says(204)});
    EXPECT_EQ(world.Put(kLarge).reason(), NS_REASON_STORAGE_UNAVAILABLE);
    EXPECT_EQ(world.Lines().size(), 7u);
  }
}

TEST(FaultySwift, ServerThatKnowsNoManifests_IsNamedAndLeavesNothing) {
  World world({Says(201), Says(201), Says(404), Says(422), Says(204), Says(204)});
  const sdk::Error error = world.Put(kLarge);
  EXPECT_EQ(error.reason(), NS_REASON_STORAGE_UNAVAILABLE);
  EXPECT_EQ(error.fault(), sdk::Fault::kOperator);
  EXPECT_THAT(error.message(), HasSubstr("slo"));
  EXPECT_EQ(world.Lines().size(), 6u);
}

TEST(FaultySwift, RemoveOfALargeObject_TheObjectFirst) {
  World world({Carries(kUpload), Says(204),
               Says(200, "[" + Segment("p/key/" + kUpload + "/00001") + "]"), Says(404)});
  EXPECT_EQ(Thrown([&] { world.storage.Remove(sdk::Call(), "key"); }).code(), NS_E_UNKNOWN);
  EXPECT_THAT(world.Lines(),
              ElementsAre("HEAD p/key", "DELETE p/key", StartsWith("GET files_segments?"),
                          "DELETE files_segments/p/key/00001"));
}

TEST(FaultySwift, SegmentsThatCrashesLeft_GoAfterADayAndOnlyThey) {
  const std::string upload = "/" + kUpload, young(32, 'b'), current(32, 'c');
  const std::string listed =
      "[" + Segment("p/key" + upload + "/00001") + "," + Segment("p/key/" + young + "/00001") +
      "," + Segment("p/key/" + young + "/00002", "2999-01-01T00:00:00.000000") + "," +
      Segment("p/key/" + current + "/00001") + "," + Segment("p/other/00001") + "," +
      Segment("q/key" + upload + "/00001") + "]";
  World world({Carries(current), Says(204), Carries(current)}, listed);
  EXPECT_THAT(world.Lines(),
              ElementsAre("HEAD p/key", "DELETE files_segments/p/key/00001", "HEAD p/key"));
  EXPECT_THAT(world.server.requests()[5], HasSubstr(kUpload));
}

TEST(FaultySwift, ContainersThatAreAbsent_AreMade) {
  Server server({SignedIn("t"), Says(404), Says(201), Says(404), Says(202), Says(200, "[]")});
  SwiftStorage storage({sdk::Host(), NS_STORAGE, "swift",
                        R"({"auth": "v1", "auth_url": "http://127.0.0.1:)" +
                            std::to_string(server.port()) +
                            R"(", "container": "files", "user": "u", "key": "k"})"});
  storage.Activate(sdk::Call());
  ASSERT_EQ(server.requests().size(), 6u);
  EXPECT_THAT(server.requests()[2], StartsWith("PUT /v1/AUTH_a/files HTTP"));
  EXPECT_THAT(server.requests()[4], StartsWith("PUT /v1/AUTH_a/files_segments HTTP"));
}

TEST(FaultySwift, Keystone_ATokenForTheProjectAndTheUrlOfTheCatalog) {
  const std::string catalog =
      R"({"token": {"catalog": [{"type": "object-store", "endpoints": [{"interface": "public", )"
      R"("region_id": "r", "url": "http://127.0.0.1:$PORT/v1/AUTH_p"}]}]}})";
  // $PORT becomes five digits, as it has five letters.
  Server server({Says(503), Says(201, catalog, "X-Subject-Token: t\r\n"), Says(204), Says(204),
                 Says(200, "[]")});
  ASSERT_GE(server.port(), 10'000);
  SwiftStorage storage({sdk::Host(), NS_STORAGE, "swift",
                        R"({"auth_url": "http://127.0.0.1:)" + std::to_string(server.port()) +
                            R"(/v3", "container": "files", "user": "u", "key": "k", )"
                            R"("project": "p", "region": "r"})"});
  storage.Activate(sdk::Call());
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 5u);
  EXPECT_THAT(requests[1], StartsWith("POST /v3/auth/tokens HTTP"));
  EXPECT_THAT(requests[1], HasSubstr(R"("password":"k")"));
  EXPECT_THAT(requests[2], StartsWith("HEAD /v1/AUTH_p/files HTTP"));
  EXPECT_THAT(requests[2], HasSubstr("X-Auth-Token: t\r\n"));
}

}  // namespace
}  // namespace ns::storage_swift
