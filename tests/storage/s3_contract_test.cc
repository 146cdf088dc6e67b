// On the S3 server at NS_TEST_S3, with a bucket "files" for the key "tester" with "tester-secret".
#include <atomic>
#include <cstdlib>
#include <fstream>

#include "plugin_storage.h"

namespace ns::ports::testing {
namespace {

using ::testing::HasSubstr;

std::string FromEnvironment(const char* name) {
  const char* endpoint = std::getenv(name);
  return endpoint ? endpoint : "http://127.0.0.1:1";
}

// Each with a prefix of its own, so that it is empty.
std::string ConfigWith(const std::string& more, const std::string& secret = "\"tester-secret\"",
                       const char* endpoint = "NS_TEST_S3") {
  static std::atomic<int> count = 0;
  return R"({"endpoint": ")" + FromEnvironment(endpoint) +
         R"(", "region": "eu-test-1", "bucket": "files", "prefix": "t)" +
         std::to_string(::getpid()) + "-" + std::to_string(++count) +
         R"(/", "access_key": "tester", "part_size": 5242880, "secret_key": )" + secret + more +
         "}";
}

INSTANTIATE_TEST_SUITE_P(S3, StorageContract, ::testing::Values(StorageFactory([] {
                           return std::unique_ptr<StorageUnderTest>(
                               std::make_unique<PluginStorage>("storage-s3", ConfigWith("")));
                         })),
                         [](const auto&) { return "Bucket"; });

// Two storages in one bucket know nothing of each other.
TEST(S3, Prefixes_KeepApart) {
  PluginStorage a("storage-s3", ConfigWith("")), b("storage-s3", ConfigWith(""));
  const std::string bytes = "bytes";
  ASSERT_EQ(a.storage().Put({}, "key", DigestOf(bytes), SourceOf(bytes)), Status());
  EXPECT_EQ(b.storage().Stat({}, "key").status().code(), Code::kNotFound);
  EXPECT_EQ(b.storage().List({}, {}).value().size(), 0u);
  EXPECT_EQ(a.storage().List({}, {}).value().size(), 1u);
}

TEST(S3, BucketInTheHost_AsInThePath) {
  PluginStorage storage("storage-s3", ConfigWith(R"(, "style": "virtual")", "\"tester-secret\"",
                                                 "NS_TEST_S3_VIRTUAL"));
  Storage& s = storage.storage();
  for (const std::string& bytes : {Noise(1000), Noise(6'000'000)}) {
    ASSERT_EQ(s.Put({}, "a/key", DigestOf(bytes), SourceOf(bytes)).ToString(), "ok");
    const auto take = [](std::string_view) { return Status(); };
    EXPECT_EQ(GetWhole(s, {}, "a/key", DigestOf(bytes), take).ToString(), "ok");
    EXPECT_EQ(s.List({}, {"a/", "", 10}).value(),
              (std::vector<ObjectInfo>{{"a/key", bytes.size()}}));
  }
  EXPECT_EQ(s.Remove({}, "a/key"), Status());
}

TEST(S3, SecretOfAFile_IsRead) {
  const std::string path = "/tmp/ns-s3-test-secret." + std::to_string(::getpid());
  std::ofstream(path) << "tester-secret\n";
  PluginStorage storage("storage-s3", ConfigWith("", R"({"file": ")" + path + R"("})"));
  EXPECT_EQ(storage.storage().Check({}), Status());
  ::unlink(path.c_str());
}

TEST(S3, WrongSecret_DeniedWithTheServersWord) {
  PluginStorage storage("storage-s3", ConfigWith("", "\"wrong\""), PluginStorage::Expect::kAway);
  const Status status = storage.storage().Check({});
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_EQ(status.reason(), "StorageDenied") << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("SignatureDoesNotMatch"));
}

TEST(S3, NobodyThere_UnavailableAfterSomeTries) {
  PluginStorage storage(
      "storage-s3",
      R"({"endpoint": "http://127.0.0.1:1", "bucket": "files", "access_key": "a", "secret_key": "s"})",
      PluginStorage::Expect::kAway);
  const Status status = storage.storage().Check({});
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_EQ(status.reason(), "StorageUnavailable") << status.ToString();
}

}  // namespace
}  // namespace ns::ports::testing
