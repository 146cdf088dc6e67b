#include "local_storage.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>

#include "digest/digest.h"

namespace ns::storage_local {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// Gives a text.
struct Feed {
  std::string bytes;
  size_t at = 0;
  static ns_status Read(void* ctx, uint8_t* to, size_t most, size_t* got) noexcept {
    Feed& feed = *static_cast<Feed*>(ctx);
    *got = std::min(most, feed.bytes.size() - feed.at);
    std::memcpy(to, feed.bytes.data() + feed.at, *got);
    feed.at += *got;
    return NS_OK;
  }
};

void Put(LocalStorage& storage, const std::string& key, const std::string& bytes) {
  Feed feed{bytes};
  storage.Put(sdk::Call(), {key, bytes.size(), digest::Sha256Hex(bytes)},
              sdk::ByteSource({&feed, &Feed::Read}));
}

sdk::Error ErrorOf(const std::function<void()>& body) {
  try {
    body();
  } catch (const sdk::Error& error) {
    return error;
  }
  return sdk::Error(NS_E_UNKNOWN, "", "nothing was thrown");
}

class LocalStorageTest : public testing::Test {
 protected:
  LocalStorageTest() {
    // In memory where there is such a folder: a disk that others use makes every put wait.
    folder_ = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    folder_ += "/ns-storage-local.XXXXXX";
    if (!::mkdtemp(folder_.data())) std::abort();
  }
  ~LocalStorageTest() override { fs::remove_all(folder_); }

  std::unique_ptr<LocalStorage> Open(uint64_t keep_free = 0) {
    auto storage = std::make_unique<LocalStorage>(Config{folder_ + "/objects", keep_free});
    storage->Activate(sdk::Call());
    return storage;
  }
  std::string folder_;
};

TEST(LocalConfig, WhatIsWrong_IsNamed) {
  EXPECT_EQ(ParseConfig("{}", "/data").path, "/data");
  EXPECT_EQ(ParseConfig(R"({"path": "/x", "keep_free": 5})", "/data").keep_free, 5u);
  EXPECT_THAT(ErrorOf([] { ParseConfig(R"({"path": "x"})", "/data"); }).message(),
              HasSubstr("path is \"x\""));
  EXPECT_EQ(ErrorOf([] { ParseConfig("[]", "/data"); }).reason(), NS_REASON_CONFIG_INVALID);
}

TEST_F(LocalStorageTest, Object_IsAFileThatOnlyTheOwnerReads) {
  Put(*Open(), "sites/a/b.tar.gz", "bytes");
  const std::string path = folder_ + "/objects/sites/a/b.tar.gz";
  EXPECT_EQ(fs::file_size(path), 5u);
  EXPECT_EQ(fs::status(path).permissions(), fs::perms(0600));
  EXPECT_TRUE(fs::is_empty(folder_ + "/objects/.new"));
}

TEST_F(LocalStorageTest, LinkInTheWay_IsNotFollowed) {
  const auto storage = Open();
  fs::create_directory(folder_ + "/outside");
  std::ofstream(folder_ + "/outside/secret") << "secret";
  fs::create_symlink("../outside", folder_ + "/objects/link");
  fs::create_symlink("../outside/secret", folder_ + "/objects/file");
  EXPECT_NE(ErrorOf([&] { Put(*storage, "link/evil", "x"); }).code(), NS_E_UNKNOWN);
  EXPECT_FALSE(fs::exists(folder_ + "/outside/evil"));
  for (const char* key : {"link/secret", "file"})
    EXPECT_NE(ErrorOf([&] { storage->Stat(sdk::Call(), key); }).code(), NS_E_UNKNOWN) << key;
  storage->Remove(sdk::Call(), "link/secret");
  EXPECT_TRUE(fs::exists(folder_ + "/outside/secret"));
  Put(*storage, "file", "mine");  // takes the place of the link
  EXPECT_FALSE(fs::is_symlink(folder_ + "/objects/file"));
  EXPECT_EQ(fs::file_size(folder_ + "/outside/secret"), 6u);
}

TEST_F(LocalStorageTest, FolderOfAnother_Refused) {
  const auto storage = Open();
  Put(*storage, "a/b", "x");
  Put(*storage, "c", "x");
  EXPECT_EQ(ErrorOf([&] { Put(*storage, "a", "x"); }).code(), NS_E_INVALID);
  EXPECT_EQ(ErrorOf([&] { Put(*storage, "c/d", "x"); }).code(), NS_E_INVALID);
}

TEST_F(LocalStorageTest, LeftByADeadWriter_SweptAtTheNextStart) {
  Open();
  const std::string dead = folder_ + "/objects/.new/dead", young = folder_ + "/objects/.new/young",
                    alive = folder_ + "/objects/.new/alive";
  for (const std::string& path : {dead, young, alive}) std::ofstream(path) << "half";
  for (const std::string& path : {dead, alive})
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(1));
  const Fd held(::open(alive.c_str(), O_RDONLY));
  ASSERT_EQ(::flock(held.get(), LOCK_EX), 0);
  Open();
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_TRUE(fs::exists(young));
  EXPECT_TRUE(fs::exists(alive));
}

TEST_F(LocalStorageTest, LessFreeThanShallStay_DiskFullBeforeAByteIsRead) {
  const auto storage = Open(uint64_t{1} << 62);
  Feed feed{"bytes"};
  const sdk::Error error = ErrorOf([&] {
    storage->Put(sdk::Call(), {"key", 5, digest::Sha256Hex("bytes")},
                 sdk::ByteSource({&feed, &Feed::Read}));
  });
  EXPECT_EQ(error.code(), NS_E_UNAVAILABLE);
  EXPECT_EQ(error.reason(), NS_REASON_DISK_FULL);
  EXPECT_EQ(error.fault(), sdk::Fault::kPlatform);
  EXPECT_EQ(feed.at, 0u);
  EXPECT_EQ(ErrorOf([&] { storage->Check(sdk::Call()); }).reason(), NS_REASON_DISK_FULL);
}

// Puts one of the versions after the other until it is killed.
[[noreturn]] void PutForEver(const std::string& folder, const std::vector<std::string>& versions) {
  LocalStorage storage(Config{folder, 0});
  storage.Activate(sdk::Call());
  for (size_t i = 0;; ++i) Put(storage, "a/key", versions[i % versions.size()]);
}

TEST_F(LocalStorageTest, WriterKilledAnywhere_TheKeyIsWhole) {
  const std::vector<std::string> versions = {std::string(900'000, 'a'), std::string(700'000, 'b')};
  const auto storage = Open();
  Put(*storage, "a/key", versions[0]);
  for (int round = 0; round < 12; ++round) {
    const pid_t child = ::fork();
    if (child == 0) PutForEver(folder_ + "/objects", versions);
    ::usleep(static_cast<useconds_t>(2000 + round * 3000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    std::ifstream file(folder_ + "/objects/a/key");
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    ASSERT_TRUE(bytes == versions[0] || bytes == versions[1]) << bytes.size();
  }
  std::string keys;
  const auto put = [](void* ctx, const ns_object_info* object) noexcept -> ns_status {
    *static_cast<std::string*>(ctx) += sdk::Text(object->key) + " ";
    return NS_OK;
  };
  storage->List(sdk::Call(), {}, sdk::ObjectSink({&keys, put}));
  EXPECT_EQ(keys, "a/key ");  // halves are not listed
}

// In a child with mounts of its own; 0 when all is as it shall be.
int OnASmallDisk(const std::string& folder) {
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=256k") != 0)
    return 77;
  LocalStorage storage(Config{folder, 0});
  storage.Activate(sdk::Call());
  Put(storage, "kept", "old");
  // Half of it fits; the size is a lie, so that the look at the room does not help.
  const std::string bytes(400'000, 'x');
  Feed feed{bytes};
  const sdk::Error error = ErrorOf([&] {
    storage.Put(sdk::Call(), {"kept", 100, ""}, sdk::ByteSource({&feed, &Feed::Read}));
  });
  const sdk::Error full = ErrorOf([&] { Put(storage, "kept", bytes); });
  Put(storage, "other", std::string(100'000, 'y'));
  return error.reason() == NS_REASON_DIGEST_MISMATCH && full.reason() == NS_REASON_DISK_FULL &&
                 storage.Stat(sdk::Call(), "kept").size == 3 && fs::is_empty(folder + "/.new")
             ? 0
             : 1;
}

TEST_F(LocalStorageTest, DiskFull_TheKeyAsBeforeAndNothingLeft) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(OnASmallDisk(folder_));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no mount namespace here";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace ns::storage_local
