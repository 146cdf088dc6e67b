// On the Swift at NS_TEST_SWIFT, in an account of "test:tester" with the key "testing".
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "plugin_storage.h"

namespace ns::ports::testing {
namespace {

using ::testing::HasSubstr;

std::string FromEnvironment(const char* name) {
  const char* url = std::getenv(name);
  return url ? url : "http://127.0.0.1:1/auth/v1.0";
}

std::string NewPrefix() {
  static std::atomic<int> count = 0;
  return "t" + std::to_string(++count) + "/";
}

std::string ConfigWith(const std::string& prefix, const std::string& key = "\"testing\"",
                       const std::string& user = "test:tester",
                       const std::string& container = "files") {
  return R"({"auth": "v1", "auth_url": ")" + FromEnvironment("NS_TEST_SWIFT") +
         R"(", "container": ")" + container + R"(", "prefix": ")" + prefix + R"(", "user": ")" +
         user + R"(", "part_size": 1048576, "key": )" + key + "}";
}

// Each with a prefix of its own, so that it is empty.
INSTANTIATE_TEST_SUITE_P(Swift, StorageContract, ::testing::Values(StorageFactory([] {
                           return std::unique_ptr<StorageUnderTest>(std::make_unique<PluginStorage>(
                               "storage-swift", ConfigWith(NewPrefix())));
                         })),
                         [](const auto&) { return "Container"; });

// The container of segments as a storage of its own: its keys are the segments.
class SwiftSegments : public ::testing::Test {
 protected:
  std::vector<ObjectInfo> Segments() {
    PluginStorage segments("storage-swift",
                           ConfigWith(prefix_, "\"testing\"", "test:tester", "files_segments"));
    return segments.storage().List({}, {}).value();
  }

  const std::string prefix_ = NewPrefix();
  PluginStorage under_test_{"storage-swift", ConfigWith(prefix_)};
  Storage& s = under_test_.storage();
};

TEST_F(SwiftSegments, LargeObject_IsOneObjectAndItsSegmentsGoWithIt) {
  const std::string large = Noise(2'500'000), other = Noise(2'200'000, 1), small = "small";
  ASSERT_EQ(s.Put({}, "a/key", DigestOf(large), SourceOf(large)).ToString(), "ok");
  EXPECT_EQ(Segments().size(), 3u);
  EXPECT_EQ(s.List({}, {}).value(), (std::vector<ObjectInfo>{{"a/key", large.size()}}));
  ASSERT_EQ(s.Put({}, "a/key", DigestOf(other), SourceOf(other)).ToString(), "ok");
  uint64_t kept = 0;
  for (const ObjectInfo& segment : Segments()) kept += segment.size;
  EXPECT_EQ(kept, other.size()) << "those of what was replaced are gone";
  const auto take = [](std::string_view) { return Status(); };
  EXPECT_EQ(GetWhole(s, {}, "a/key", DigestOf(other), take).ToString(), "ok");
  ASSERT_EQ(s.Put({}, "a/key", DigestOf(small), SourceOf(small)).ToString(), "ok");
  EXPECT_EQ(Segments().size(), 0u);
  ASSERT_EQ(s.Put({}, "a/key", DigestOf(large), SourceOf(large)).ToString(), "ok");
  EXPECT_EQ(s.Remove({}, "a/key"), Status());
  EXPECT_EQ(Segments().size(), 0u);
}

TEST_F(SwiftSegments, LargeObjectOfOtherBytesThanTold_LeavesNothing) {
  const std::string bytes = Noise(2'500'000);
  Digest told = DigestOf(bytes);
  told.sha256 = DigestOf("other").sha256;
  EXPECT_EQ(s.Put({}, "key", told, SourceOf(bytes)).reason(), "DigestMismatch");
  EXPECT_EQ(s.Stat({}, "key").status().code(), Code::kNotFound);
  EXPECT_EQ(Segments().size(), 0u);
}

TEST_F(SwiftSegments, RangesAcrossSegments_AsAsked) {
  const std::string large = Noise(2'500'000);
  ASSERT_EQ(s.Put({}, "key", DigestOf(large), SourceOf(large)).ToString(), "ok");
  const std::pair<uint64_t, uint64_t> ranges[] = {
      {0, 10}, {1'048'570, 20}, {1'000'000, 1'200'000}, {2'499'999, 1}, {2'499'990, 100}};
  for (const auto& [offset, length] : ranges) {
    std::string got;
    const Status status = s.Get({}, "key", {offset, length}, [&](std::string_view bytes) {
      got += bytes;
      return Status();
    });
    EXPECT_EQ(status.ToString(), "ok") << offset;
    EXPECT_TRUE(got == large.substr(offset, length)) << offset << ": " << got.size();
  }
}

// A reader may lose what is being replaced, and never gets a mixture.
TEST_F(SwiftSegments, PutsOfOneLargeKeyAtOnce_WholeOrAFailure) {
  const std::string versions[] = {Noise(2'200'000, 1), Noise(2'300'000, 2)};
  ASSERT_EQ(s.Put({}, "key", DigestOf(versions[0]), SourceOf(versions[0])).ToString(), "ok");
  std::atomic<int> writing = 2;
  std::vector<std::thread> writers;
  for (const std::string& version : versions) {
    writers.emplace_back([&] {
      for (int n = 0; n < 4; ++n)
        EXPECT_EQ(s.Put({}, "key", DigestOf(version), SourceOf(version)).ToString(), "ok");
      --writing;
    });
  }
  const auto read = [&](std::string& got) {
    return s.Get({}, "key", {}, [&](std::string_view bytes) {
      got += bytes;
      return Status();
    });
  };
  const auto is_one = [&](const std::string& got) {
    return got == versions[0] || got == versions[1];
  };
  while (writing > 0) {
    std::string got;
    const bool whole = read(got).ok();
    EXPECT_TRUE(!whole || is_one(got)) << got.size();
  }
  for (std::thread& writer : writers) writer.join();
  std::string last;
  EXPECT_EQ(read(last).ToString(), "ok");
  EXPECT_TRUE(is_one(last)) << last.size();
}

TEST_F(SwiftSegments, AnotherStart_LeavesWhatIsInUse) {
  const std::string large = Noise(2'500'000);
  ASSERT_EQ(s.Put({}, "key", DigestOf(large), SourceOf(large)).ToString(), "ok");
  PluginStorage again("storage-swift", ConfigWith(prefix_));
  const auto take = [](std::string_view) { return Status(); };
  EXPECT_EQ(GetWhole(again.storage(), {}, "key", DigestOf(large), take).ToString(), "ok");
}

TEST(Swift, ContainerThatIsAbsent_IsMade) {
  PluginStorage storage("storage-swift",
                        ConfigWith("", "\"testing\"", "test:tester", "Made.of-it"));
  EXPECT_EQ(storage.storage().Check({}), Status());
}

TEST(Swift, KeyOfAFile_IsRead) {
  const std::string path = "/tmp/ns-swift-test-key." + std::to_string(::getpid());
  std::ofstream(path) << "testing\n";
  PluginStorage storage("storage-swift", ConfigWith("", R"({"file": ")" + path + R"("})"));
  EXPECT_EQ(storage.storage().Check({}), Status());
  ::unlink(path.c_str());
}

TEST(Swift, WrongKeyOrNoRights_Denied) {
  for (const std::string& config :
       {ConfigWith("", "\"wrong\""), ConfigWith("", "\"reading\"", "test:reader")}) {
    PluginStorage storage("storage-swift", config, PluginStorage::Expect::kAway);
    const Status status = storage.storage().Check({});
    EXPECT_EQ(status.code(), Code::kUnavailable);
    EXPECT_EQ(status.reason(), "StorageDenied") << status.ToString();
  }
}

TEST(Swift, NobodyThere_UnavailableAfterSomeTries) {
  PluginStorage storage(
      "storage-swift",
      R"({"auth": "v1", "auth_url": "http://127.0.0.1:1", "container": "files", "user": "a", "key": "s"})",
      PluginStorage::Expect::kAway);
  const Status status = storage.storage().Check({});
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_EQ(status.reason(), "StorageUnavailable") << status.ToString();
}

}  // namespace
}  // namespace ns::ports::testing
