// What every Storage must keep. Instantiated by the tests of each storage:
// INSTANTIATE_TEST_SUITE_P(Name, StorageContract, Values(factory)).
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/crypto.h"
#include "ports/storage.h"

namespace ns::ports::testing {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;

// A fresh, empty storage of some kind.
class StorageUnderTest {
 public:
  virtual ~StorageUnderTest() = default;
  virtual Storage& storage() = 0;
};
using StorageFactory = std::function<std::unique_ptr<StorageUnderTest>()>;

// Bytes that neither repeat nor compress.
inline std::string Noise(size_t size, uint64_t seed = 1) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<char>(seed >> 56);
  }
  return bytes;
}

inline Digest DigestOf(const std::string& bytes) { return {bytes.size(), Sha256Hex(bytes)}; }

inline ObjectSource SourceOf(const std::string& bytes) {
  return [&bytes, at = size_t{0}](char* to, size_t most) mutable -> Result<size_t> {
    const size_t size = std::min({most, size_t{100'000}, bytes.size() - at});
    std::memcpy(to, bytes.data() + at, size);
    at += size;
    return size;
  };
}

class StorageContract : public ::testing::TestWithParam<StorageFactory> {
 protected:
  StorageContract() : under_test_(GetParam()()), s(under_test_->storage()) {}

  Status Put(const std::string& key, const std::string& bytes) {
    return s.Put({}, key, DigestOf(bytes), SourceOf(bytes));
  }
  Result<std::string> Get(const std::string& key, ObjectRange range = {}) {
    std::string all;
    NS_TRY(s.Get({}, key, range, [&](std::string_view bytes) {
      all += bytes;
      return Status();
    }));
    return all;
  }
  // Whether `key` holds these bytes; not printed.
  bool Holds(const std::string& key, const std::string& bytes) {
    const Result<std::string> got = Get(key);
    EXPECT_TRUE(got.ok()) << got.status().ToString();
    return got.ok() && *got == bytes && s.Stat({}, key).value() == ObjectInfo{key, bytes.size()};
  }
  std::vector<std::string> Keys(const ObjectQuery& query = {}) {
    std::vector<std::string> keys;
    const auto found = s.List({}, query);
    EXPECT_TRUE(found.ok()) << found.status().ToString();
    if (found.ok()) {
      for (const ObjectInfo& object : *found) keys.push_back(object.key);
    }
    return keys;
  }

  std::unique_ptr<StorageUnderTest> under_test_;
  Storage& s;
};

TEST_P(StorageContract, Put_OfAnySize_ComesBack) {
  for (const size_t size : {0u, 1u, 65'536u, 65'537u, 3'000'000u, 13'000'000u}) {
    const std::string key = "sizes/" + std::to_string(size), bytes = Noise(size, size);
    ASSERT_EQ(Put(key, bytes), Status());
    EXPECT_TRUE(Holds(key, bytes)) << size;
  }
}

TEST_P(StorageContract, Put_OtherBytesThanTold_RefusedAndTheKeyAsBefore) {
  for (const size_t size : {100u, 6'000'000u}) {
    const std::string old = "old", bytes = Noise(size), more = bytes + "x";
    std::string other = bytes;
    other.back() ^= 1;
    for (const std::string& wrong : {old, more, other}) {
      const Status absent = s.Put({}, "absent", DigestOf(bytes), SourceOf(wrong));
      EXPECT_EQ(absent.code(), Code::kInvalid);
      EXPECT_EQ(absent.reason(), "DigestMismatch");
      EXPECT_EQ(s.Stat({}, "absent").status().code(), Code::kNotFound);
      ASSERT_EQ(Put("kept", old), Status());
      EXPECT_EQ(s.Put({}, "kept", DigestOf(bytes), SourceOf(wrong)).reason(), "DigestMismatch");
      EXPECT_TRUE(Holds("kept", old));
    }
  }
  EXPECT_THAT(Keys(), ElementsAre("kept"));
}

TEST_P(StorageContract, Put_SourceFails_ItsWordAndTheKeyAsBefore) {
  const Status gone(Code::kUnavailable, "BuilderAway", "the builder is away");
  const std::string old = "old", bytes = Noise(6'000'000);
  ASSERT_EQ(Put("kept", old), Status());
  for (const char* key : {"kept", "absent"}) {
    const ObjectSource source = SourceOf(bytes);
    int calls = 0;
    EXPECT_EQ(s.Put({}, key, DigestOf(bytes),
                    [&](char* to, size_t most) -> Result<size_t> {
                      return ++calls > 57 ? gone : source(to, most);
                    }),
              gone);
  }
  EXPECT_TRUE(Holds("kept", old));
  EXPECT_THAT(Keys(), ElementsAre("kept"));
}

TEST_P(StorageContract, Put_CancelledMeanwhile_TheKeyAsBefore) {
  const std::string bytes = Noise(6'000'000);
  std::stop_source stop;
  const ObjectSource source = SourceOf(bytes);
  int calls = 0;
  const Status status = s.Put({stop.get_token(), {}}, "absent", DigestOf(bytes),
                              [&](char* to, size_t most) -> Result<size_t> {
                                if (++calls == 57) stop.request_stop();
                                return source(to, most);
                              });
  EXPECT_EQ(status.code(), Code::kCancelled) << status.ToString();
  EXPECT_THAT(Keys(), IsEmpty());
}

TEST_P(StorageContract, Put_Again_TheSameIsHarmlessAndOtherBytesReplace) {
  const std::string a = Noise(70'000, 1), b = Noise(50, 2);
  for (const std::string* bytes : {&a, &a, &b, &a}) {
    ASSERT_EQ(Put("key", *bytes), Status());
    EXPECT_TRUE(Holds("key", *bytes));
  }
  EXPECT_THAT(Keys(), ElementsAre("key"));
}

TEST_P(StorageContract, Get_Ranges_AsAsked) {
  const std::string bytes = Noise(200'000);
  ASSERT_EQ(Put("key", bytes), Status());
  for (const auto& [offset, length] :
       std::vector<std::pair<uint64_t, uint64_t>>{{0, 0},
                                                  {0, 1},
                                                  {0, 200'000},
                                                  {0, 300'000},
                                                  {1, ~uint64_t{0}},
                                                  {199'999, 1},
                                                  {199'999, 5},
                                                  {100'000, 70'000},
                                                  {200'000, 1},
                                                  {200'000, ~uint64_t{0}},
                                                  {5, 0}}) {
    const auto got = Get("key", {offset, length});
    ASSERT_TRUE(got.ok()) << got.status().ToString();
    EXPECT_TRUE(*got == bytes.substr(offset, length)) << offset << " " << length;
  }
  EXPECT_EQ(Get("key", {200'001, 1}).status().code(), Code::kInvalid);
  ASSERT_EQ(Put("empty", ""), Status());
  EXPECT_EQ(Get("empty", {0, 10}).value(), "");
  EXPECT_EQ(Get("empty", {1, 10}).status().code(), Code::kInvalid);
}

TEST_P(StorageContract, NothingThere_NotFound) {
  ASSERT_EQ(Put("folder/key", "x"), Status());
  for (const char* key : {"key", "folder/other", "folder", "other/key", "folder/key/below"}) {
    EXPECT_EQ(Get(key).status().reason(), "ObjectMissing") << key;
    EXPECT_EQ(Get(key).status().code(), Code::kNotFound);
    EXPECT_EQ(s.Stat({}, key).status().reason(), "ObjectMissing") << key;
    EXPECT_EQ(s.Stat({}, key).status().code(), Code::kNotFound);
    EXPECT_EQ(s.Remove({}, key), Status()) << key;
  }
  EXPECT_THAT(Keys(), ElementsAre("folder/key"));
}

TEST_P(StorageContract, Get_SinkFails_ItsWord) {
  const Status full(Code::kUnavailable, "DiskFull", "no room here");
  ASSERT_EQ(Put("key", Noise(3'000'000)), Status());
  int calls = 0;
  EXPECT_EQ(s.Get({}, "key", {}, [&](std::string_view) { return ++calls > 1 ? full : Status(); }),
            full);
  EXPECT_EQ(calls, 2);
}

TEST_P(StorageContract, Remove_GoneAndTheOthersStay) {
  for (const char* key : {"a/b/c", "a/b/d", "a/e"}) ASSERT_EQ(Put(key, key), Status());
  EXPECT_EQ(s.Remove({}, "a/b/c"), Status());
  EXPECT_EQ(s.Remove({}, "a/b/c"), Status());
  EXPECT_EQ(Get("a/b/c").status().code(), Code::kNotFound);
  EXPECT_THAT(Keys(), UnorderedElementsAre("a/b/d", "a/e"));
  EXPECT_EQ(s.Remove({}, "a/b/d"), Status());
  EXPECT_EQ(s.Remove({}, "a/e"), Status());
  EXPECT_THAT(Keys(), IsEmpty());
  EXPECT_EQ(Put("a/b/c", "again"), Status());
  EXPECT_EQ(Put("b", "a name that was free"), Status());
  EXPECT_THAT(Keys(), UnorderedElementsAre("a/b/c", "b"));
}

TEST_P(StorageContract, List_ByPrefixInPagesEachKeyOnce) {
  const std::vector<std::string> all = {"a-b", "a.b", "a/b", "a/b-c/d", "a/b.c", "a/c/d/e",
                                        "a0",  "a_b", "ab",  "b/a",     "b/b",   "b0"};
  for (size_t i = 0; i < all.size(); ++i) ASSERT_EQ(Put(all[i], std::string(i, 'x')), Status());
  EXPECT_THAT(Keys(), UnorderedElementsAreArray(all));
  EXPECT_THAT(Keys({"a/", "", 1000}), UnorderedElementsAre("a/b", "a/b-c/d", "a/b.c", "a/c/d/e"));
  EXPECT_THAT(Keys({"a/b", "", 1000}), UnorderedElementsAre("a/b", "a/b-c/d", "a/b.c"));
  EXPECT_THAT(Keys({"b", "", 1000}), UnorderedElementsAre("b/a", "b/b", "b0"));
  EXPECT_THAT(Keys({"a/c/d", "", 1000}), ElementsAre("a/c/d/e"));
  EXPECT_THAT(Keys({"c", "", 1000}), IsEmpty());
  for (const uint32_t limit : {1u, 5u, 6u, 12u}) {
    std::vector<std::string> paged;
    for (;;) {
      const auto page = s.List({}, {"", paged.empty() ? "" : paged.back(), limit});
      ASSERT_TRUE(page.ok()) << page.status().ToString();
      for (const ObjectInfo& object : *page) {
        const auto at = std::find(all.begin(), all.end(), object.key) - all.begin();
        EXPECT_EQ(object.size, static_cast<uint64_t>(at)) << object.key;
        paged.push_back(object.key);
      }
      if (page->size() < limit) break;
    }
    EXPECT_EQ(paged, Keys()) << limit;
  }
  ASSERT_EQ(s.Remove({}, "a/c/d/e"), Status());
  EXPECT_THAT(Keys({"a/c", "", 5}), IsEmpty());
}

TEST_P(StorageContract, Keys_OnlyThoseOfTheGrammar) {
  const std::string name(200, 'n');
  const std::string longest = name + "/" + name + "/" + std::string(110, 'n');
  for (const std::string& good : {longest, std::string("a..b"), std::string("0/_/-x/a.tar.gz")}) {
    EXPECT_EQ(Put(good, "x"), Status()) << good;
    EXPECT_TRUE(Holds(good, "x")) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string("/a"), std::string("a/"), std::string("a//b"), std::string("."),
        std::string(".."), std::string("../a"), std::string("a/../b"), std::string(".hidden"),
        std::string("a/.b"), std::string("A"), std::string("a b"), std::string("a%2fb"),
        std::string("a\\b"), std::string("a\0b", 3), std::string("\xc3\xa9"), std::string("a\n"),
        longest + "n", name + "n"}) {
    EXPECT_EQ(Put(bad, "x").code(), Code::kInvalid) << bad;
    EXPECT_EQ(Get(bad).status().code(), Code::kInvalid) << bad;
    EXPECT_EQ(s.Stat({}, bad).status().code(), Code::kInvalid) << bad;
    EXPECT_EQ(s.Remove({}, bad).code(), Code::kInvalid) << bad;
  }
}

TEST_P(StorageContract, PutsOfOneKeyAtOnce_AReaderSeesOneOfThemWhole) {
  std::vector<std::string> versions;
  for (uint64_t i = 0; i < 3; ++i) versions.push_back(Noise(300'000 + 1000 * i, i));
  ASSERT_EQ(Put("a/key", versions[0]), Status());
  std::atomic<bool> ended = false;
  std::vector<std::thread> writers;
  for (size_t i = 0; i < 3; ++i) {
    writers.emplace_back([&, i] {
      for (int n = 0; n < 6; ++n) EXPECT_EQ(Put("a/key", versions[i]), Status());
    });
  }
  std::thread reader([&] {
    while (!ended) {
      const auto got = Get("a/key");
      ASSERT_TRUE(got.ok()) << got.status().ToString();
      EXPECT_TRUE(std::count(versions.begin(), versions.end(), *got) == 1) << got->size();
    }
  });
  for (std::thread& writer : writers) writer.join();
  ended = true;
  reader.join();
}

TEST_P(StorageContract, PutsAndRemovesBesideEachOther_NeitherFails) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      const std::string key = "shared/folder/" + std::to_string(i);
      for (int n = 0; n < 15; ++n) {
        ASSERT_EQ(Put(key, key).ToString(), "ok");
        ASSERT_EQ(s.Remove({}, key).ToString(), "ok");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(Keys(), IsEmpty());
}

TEST_P(StorageContract, Check_ItCanBeUsed) { EXPECT_EQ(s.Check({}), Status()); }

}  // namespace ns::ports::testing
