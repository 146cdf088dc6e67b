// What a bucket does with a server that fails: answers are written out, requests are kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "digest/digest.h"
#include "http/testing/loopback_server.h"
#include "s3_storage.h"

namespace ns::storage_s3 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using http::testing::BlackHole;
using http::testing::Says;
using Server = http::testing::LoopbackServer;

std::string Fails(int status, const std::string& code) {
  return Says(status, "<Error><Code>" + code + "</Code><Message>m</Message></Error>");
}
const std::string kNoObjects = "<ListBucketResult/>";
const std::string kNoUploads = "<ListMultipartUploadsResult/>";

// An active storage, whose two first requests are over.
struct World {
  explicit World(std::vector<std::string> answers, const std::string& uploads = kNoUploads)
      : server([&] {
          std::vector<std::string> all = {Says(200, kNoObjects), Says(200, uploads)};
          all.insert(all.end(), answers.begin(), answers.end());
          return all;
        }()),
        storage(
            {sdk::Host(), NS_STORAGE, "s3",
             R"({"endpoint": "http://127.0.0.1:)" + std::to_string(server.port()) +
                 R"(", "bucket": "files", "prefix": "p/", "access_key": "a", "secret_key": "s", )"
                 R"("part_size": 5242880})"}) {
    storage.Activate(sdk::Call());
  }

  // "PUT /files/p/key" of each request but the first two.
  std::vector<std::string> Lines() {
    std::vector<std::string> lines;
    for (const std::string& request : server.requests())
      lines.push_back(request.substr(0, request.find(" HTTP/")));
    lines.erase(lines.begin(), lines.begin() + 2);
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

  static sdk::Error Thrown(const std::function<void()>& body) {
    try {
      body();
    } catch (const sdk::Error& error) {
      return error;
    }
    return sdk::Error(NS_E_UNKNOWN, "", "nothing");
  }

  Server server;
  S3Storage storage;
};

TEST(FaultyServer, PutThatFailsForAMoment_IsSentAgainTheSame) {
  World world({Fails(503, "SlowDown"), "", Says(200)});
  EXPECT_EQ(world.Put("bytes").code(), NS_E_UNKNOWN);
  EXPECT_THAT(world.Lines(),
              ElementsAre("PUT /files/p/key", "PUT /files/p/key", "PUT /files/p/key"));
  for (size_t i = 2; i < 5; ++i) {
    const std::string request = world.server.requests()[i];
    EXPECT_TRUE(request.ends_with("\r\n\r\nbytes")) << request;
    EXPECT_THAT(request, HasSubstr("x-amz-content-sha256: " + digest::Sha256Hex("bytes")));
    EXPECT_THAT(request, HasSubstr("Authorization: AWS4-HMAC-SHA256 Credential=a/"));
  }
}

TEST(FaultyServer, RefusalThatWillNotPass_IsNotAskedForAgain) {
  World world({Fails(403, "AccessDenied"), Says(200)});
  EXPECT_EQ(world.Put("bytes").reason(), NS_REASON_STORAGE_DENIED);
  EXPECT_EQ(world.Lines().size(), 1u);
}

TEST(FaultyServer, FailsOnAndOn_GivesUpAfterFourTries) {
  World world(std::vector<std::string>(6, Fails(500, "InternalError")));
  const sdk::Error error = world.Put("bytes");
  EXPECT_EQ(error.code(), NS_E_UNAVAILABLE);
  EXPECT_EQ(error.reason(), NS_REASON_STORAGE_UNAVAILABLE);
  EXPECT_EQ(world.Lines().size(), 4u);
}

const std::string kBegun = Says(
    200, "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>");
const std::string kPart = Says(200, "", "ETag: \"e\"\r\n");

TEST(FaultyServer, LastWordOfAnUploadFails_NotSaidAgainButGivenUp) {
  for (const std::string& end :
       {Fails(200, "InternalError"), Fails(503, "SlowDown"), std::string()}) {
    World world({kBegun, kPart, kPart, end, Says(204), Says(200)});
    EXPECT_EQ(world.Put(std::string(5'242'881, 'x')).code(), NS_E_UNAVAILABLE);
    EXPECT_THAT(
        world.Lines(),
        ElementsAre("POST /files/p/key?uploads=", "PUT /files/p/key?partNumber=1&uploadId=u1",
                    "PUT /files/p/key?partNumber=2&uploadId=u1", "POST /files/p/key?uploadId=u1",
                    "DELETE /files/p/key?uploadId=u1"));
  }
}

TEST(FaultyServer, PartThatFailsForAMoment_IsSentAgain) {
  World world({kBegun, "", kPart, kPart, Says(200, "<CompleteMultipartUploadResult/>")});
  EXPECT_EQ(world.Put(std::string(5'242'881, 'x')).code(), NS_E_UNKNOWN);
  EXPECT_EQ(world.Lines()[1], world.Lines()[2]);
  EXPECT_EQ(world.Lines().size(), 5u);
}

TEST(FaultyServer, AnswerCutInTheMiddle_IsAFailureAndNotAskedForAgain) {
  World world({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", Says(200, "0123456789")});
  std::string got;
  const sdk::Error error = world.Get(got);
  EXPECT_EQ(error.code(), NS_E_UNAVAILABLE);
  EXPECT_EQ(error.reason(), NS_REASON_STORAGE_UNAVAILABLE);
  EXPECT_EQ(got, "half");
  EXPECT_EQ(world.Lines().size(), 1u);
}

TEST(FaultyServer, GetThatFailsBeforeAByte_IsAskedForAgain) {
  World world({Fails(500, "InternalError"), "", Says(200, "0123456789")});
  std::string got;
  EXPECT_EQ(world.Get(got).code(), NS_E_UNKNOWN);
  EXPECT_EQ(got, "0123456789");
}

// Between the look at the size and the range another put may have come.
TEST(FaultyServer, RangeOfAnObjectThatChanges_Fails) {
  World world({"HTTP/1.1 200 X\r\nContent-Length: 10\r\nConnection: close\r\nETag: \"v1\"\r\n\r\n",
               Fails(412, "PreconditionFailed")});
  std::string got;
  EXPECT_EQ(world.Get(got, {"key", 2, 3}).code(), NS_E_UNAVAILABLE);
  EXPECT_EQ(got, "");
  const std::string request = world.server.requests()[3];
  EXPECT_THAT(request, HasSubstr("Range: bytes=2-4\r\n"));
  EXPECT_THAT(request, HasSubstr("If-Match: \"v1\"\r\n"));
}

TEST(FaultyServer, UploadsThatCrashesLeft_GivenUpAfterADayAndOnlyOnes) {
  const auto upload = [](const char* key, const char* id, const char* began) {
    return "<Upload><Key>" + std::string(key) + "</Key><UploadId>" + id + "</UploadId><Initiated>" +
           began + "</Initiated></Upload>";
  };
  World world({}, kNoUploads.substr(0, kNoUploads.size() - 2) + ">" +
                      upload("other/a", "u1", "2020-01-01T00:00:00Z") +
                      upload("p/young", "u2", "2999-01-01T00:00:00Z") +
                      "</ListMultipartUploadsResult>");
  EXPECT_THAT(world.Lines(), ElementsAre());
  Server server({Says(200, kNoObjects),
                 Says(200, "<ListMultipartUploadsResult>" +
                               upload("p/old", "u3", "2020-01-01T00:00:00.000Z") +
                               "</ListMultipartUploadsResult>"),
                 Says(204)});
  S3Storage storage(
      {sdk::Host(), NS_STORAGE, "s3",
       R"({"endpoint": "http://127.0.0.1:)" + std::to_string(server.port()) +
           R"(", "bucket": "files", "prefix": "p/", "access_key": "a", "secret_key": "s"})"});
  storage.Activate(sdk::Call());
  ASSERT_EQ(server.requests().size(), 3u);
  EXPECT_THAT(server.requests()[2], HasSubstr("DELETE /files/p/old?uploadId=u3 HTTP/1.1"));
}

const std::string kTenBytes = "HTTP/1.1 200 X\r\nContent-Length: 10\r\nConnection: close\r\n\r\n";

TEST(FaultyServer, RangeAnsweredWithEverything_FailsAndGivesNothing) {
  World world({kTenBytes, Says(200, "0123456789"), Says(206, "234")});
  std::string got;
  const sdk::Error error = world.Get(got, {"key", 2, 3});
  EXPECT_EQ(error.code(), NS_E_UNAVAILABLE);
  EXPECT_EQ(error.reason(), NS_REASON_STORAGE_UNAVAILABLE);
  EXPECT_THAT(error.message(), HasSubstr("everything"));
  EXPECT_EQ(got, "");
  EXPECT_EQ(world.Lines().size(), 2u) << "it would say the same again";
}

TEST(FaultyServer, RangeOfAnotherLength_Fails) {
  for (const std::string& part : {std::string("23"), std::string("2345"), std::string()}) {
    World world({kTenBytes, Says(206, part)});
    std::string got;
    EXPECT_EQ(world.Get(got, {"key", 2, 3}).reason(), NS_REASON_STORAGE_UNAVAILABLE) << part;
    EXPECT_LE(got.size(), 3u);
  }
  World world({kTenBytes, Says(206, "234")});
  std::string got;
  EXPECT_EQ(world.Get(got, {"key", 2, 3}).code(), NS_E_UNKNOWN);
  EXPECT_EQ(got, "234");
}

TEST(FaultyServer, ListThatGoesRound_Fails) {
  const auto page = [](const std::string& key) {
    return Says(200, "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>" + key +
                         "</Key><Size>1</Size></Contents></ListBucketResult>");
  };
  const auto put = [](void* ctx, const ns_object_info* object) noexcept -> ns_status {
    *static_cast<std::string*>(ctx) += sdk::Text(object->key) + " ";
    return NS_OK;
  };
  const std::string none = Says(200,
                                "<ListBucketResult><IsTruncated>true</IsTruncated>"
                                "</ListBucketResult>");
  for (const std::string& next : {page("p/a"), page("p/b"), page("q/c"), none}) {
    World world({page("p/b"), next, Says(200, kNoObjects)});
    std::string got;
    const sdk::Error error = World::Thrown([&] {
      world.storage.List(sdk::Call(), {"", "", 10}, sdk::ObjectSink({&got, put}));
    });
    EXPECT_EQ(error.reason(), NS_REASON_STORAGE_UNAVAILABLE) << next;
    EXPECT_EQ(world.Lines().size(), 2u);
  }
}

Config ConfigOf(int port) {
  return ParseConfig(R"({"endpoint": "http://127.0.0.1:)" + std::to_string(port) +
                     R"(", "bucket": "files", "access_key": "a", "secret_key": "s"})");
}

TEST(FaultyServer, BodyThatStalls_IsAwayAndNotAskedForAgain) {
  Server server({"HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\nhalf"}, true);
  Bucket bucket(ConfigOf(server.port()), "a", "s");
  Bucket::Ask ask;
  ask.silence = std::chrono::milliseconds(100);
  std::string got;
  const sdk::Error error = World::Thrown(
      [&] { bucket.Stream(sdk::Call(), ask, [&](std::string_view bytes) { got += bytes; }); });
  EXPECT_EQ(error.reason(), NS_REASON_STORAGE_UNAVAILABLE);
  EXPECT_EQ(got, "half");
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST(FaultyServer, NoAnswerInTime_IsAwayAfterFourTries) {
  const BlackHole hole;
  Bucket bucket(ConfigOf(hole.port()), "a", "s");
  Bucket::Ask ask;
  ask.timeout = std::chrono::milliseconds(50);
  const auto begin = sdk::Call::Clock::now();
  const sdk::Error error = World::Thrown([&] { bucket.Do(sdk::Call(), ask); });
  EXPECT_EQ(error.code(), NS_E_UNAVAILABLE) << error.message();
  EXPECT_EQ(error.reason(), NS_REASON_STORAGE_UNAVAILABLE);
  EXPECT_THAT(error.message(), HasSubstr("in time"));
  EXPECT_GE(sdk::Call::Clock::now() - begin, std::chrono::milliseconds(4 * 50 + 1'400));
}

TEST(FaultyServer, CallThatIsOver_IsLateAndNotAway) {
  const BlackHole hole;
  Bucket bucket(ConfigOf(hole.port()), "a", "s");
  const auto until = sdk::Call::Clock::now() + std::chrono::milliseconds(100);
  ns_call raw{};
  raw.struct_size = sizeof(raw);
  raw.cancel_fd = -1;
  raw.deadline_ns = until.time_since_epoch() / std::chrono::nanoseconds(1);
  const sdk::Error error = World::Thrown([&] { bucket.Do(sdk::Call(&raw), {}); });
  EXPECT_EQ(error.code(), NS_E_DEADLINE) << error.message();
  EXPECT_EQ(error.reason(), NS_REASON_TIMED_OUT);
  EXPECT_LT(sdk::Call::Clock::now() - until, std::chrono::seconds(4)) << "before curl gives up";
}

}  // namespace
}  // namespace ns::storage_s3
