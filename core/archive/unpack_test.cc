#include "archive/unpack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "archive/tar_maker_for_test.h"

namespace ns::archive {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST(Unpack, PlainTarOfAnEngine_AsTarGz) {
  const std::string tar = Tar(One({"./", '5', {}, {}, 0755}) + File("./index.html", "hello") +
                              Pax({{"path", "日本語.html"}}) + File("x", "utf-8") +
                              Long(std::string(150, 'l')) + File("x", "long"));
  for (const Format format : {Format::kTar, Format::kTarGz}) {
    const Ground ground;
    const std::string bytes = format == Format::kTar ? tar : Gzip(tar);
    const auto unpacked = Unpack(From(bytes), ground.out(), format);
    ASSERT_TRUE(unpacked.ok()) << unpacked.status().ToString();
    EXPECT_EQ(*unpacked, (Unpacked{4, 14}));
    EXPECT_EQ(ReadText(ground.out() + "/index.html"), "hello");
    EXPECT_EQ(ReadText(ground.out() + "/日本語.html"), "utf-8");
    EXPECT_EQ(ReadText(ground.out() + "/" + std::string(150, 'l')), "long");
    EXPECT_EQ(ground.Sweep(), "");
  }
}

TEST(Unpack, Modes_PlainOnesWhateverTheArchiveAndTheUmask) {
  const Ground ground;
  const mode_t before = ::umask(077);
  const std::string bytes =
      Gzip(Tar(One({"run", '0', "x", {}, 06777}) + One({"read", '0', "x", {}, 0}) +
               One({"d", '5', {}, {}, 01700}) + One({"implied/x", '0', "x", {}, 0666})));
  EXPECT_TRUE(Unpack(From(bytes), ground.out()).ok());
  ::umask(before);
  const auto mode = [&](const char* name) {
    return static_cast<unsigned>(fs::status(ground.out() + name).permissions());
  };
  EXPECT_EQ(mode("/run"), 0755u);
  EXPECT_EQ(mode("/read"), 0644u);
  EXPECT_EQ(mode("/d"), 0755u);
  EXPECT_EQ(mode("/implied"), 0755u);
  EXPECT_EQ(mode("/implied/x"), 0644u);
}

TEST(Unpack, FolderAfterItsFiles_IsNoDuplicate) {
  const Ground ground;
  const std::string bytes = Gzip(Tar(File("a/b/x") + One({"a/", '5'}) + One({"a/b", '5'})));
  EXPECT_TRUE(Unpack(From(bytes), ground.out()).ok());
}

TEST(Unpack, SeveralGzipMembers_OneArchive) {
  const Ground ground;
  const std::string tar = Tar(File("a") + File("b"));
  const std::string bytes = Gzip(tar.substr(0, 700)) + Gzip("") + Gzip(tar.substr(700));
  EXPECT_TRUE(Unpack(From(bytes, 7), ground.out()).ok());
}

TEST(Unpack, BeyondALimit_StopsEarly) {
  const std::string tar = Tar(File("a", std::string(5000, 'a')) + File("b"));
  Limits entries, bytes;
  entries.entries = 1;
  bytes.bytes = 5003;
  for (const Limits& limits : {entries, bytes}) {
    const Ground ground;
    const auto unpacked = Unpack(From(tar), ground.out(), Format::kTar, limits);
    EXPECT_EQ(unpacked.status().reason(), "ArtifactTooLarge");
    EXPECT_EQ(unpacked.status().fault(), Fault::kSource);
    EXPECT_FALSE(fs::exists(ground.out() + "/b"));
  }
}

// The limit is that of what Pack makes, where each folder has an entry.
TEST(Unpack, AsManyFoldersAsEntriesMayBe_Taken) {
  const std::string tar = Tar(One({"a/", '5'}) + One({"a/b/", '5'}) + File("a/b/x") + File("a/y"));
  Limits limits;
  limits.entries = 4;
  const Ground ground;
  EXPECT_TRUE(Unpack(From(tar), ground.out(), Format::kTar, limits).ok());
  limits.entries = 2;
  const Ground less;
  const std::string implied = Tar(File("a/b/x") + File("a/b/y"));
  EXPECT_TRUE(Unpack(From(implied), less.out(), Format::kTar, limits).ok());
}

TEST(Unpack, GzipBomb_StopsAtTheRatioAndNotAtItsEnd) {
  const Ground ground;
  const std::string bytes = Gzip(Tar(File("zeros", std::string(64 << 20, '\0'))));
  size_t read = 0;
  const Source all = From(bytes);
  const auto unpacked = Unpack(
      [&](char* to, size_t most) {
        Result<size_t> got = all(to, std::min<size_t>(most, 1024));
        read += got.value();
        return got;
      },
      ground.out());
  EXPECT_EQ(unpacked.status().reason(), "ArtifactTooLarge");
  EXPECT_LT(read, bytes.size() / 2);
  EXPECT_LE(fs::file_size(ground.out() + "/zeros"), 17u << 20);
}

TEST(Unpack, SourceFails_ItsWord) {
  const Ground ground;
  const Status gone = Unavailable("the storage is away");
  const std::string bytes = Gzip(Tar(File("a")));
  int calls = 0;
  const auto unpacked = Unpack(
      [&](char* to, size_t) -> Result<size_t> {
        if (++calls > 20) return gone;
        *to = bytes[static_cast<size_t>(calls) - 1];
        return size_t{1};
      },
      ground.out());
  EXPECT_EQ(unpacked.status(), gone);
}

TEST(Unpack, NoSuchFolder_Unavailable) {
  const std::string bytes = Gzip(Tar(File("a")));
  EXPECT_EQ(Unpack(From(bytes), "/nonexistent").status().code(), Code::kUnavailable);
}

// In a child with mounts of its own, whose folder has no room for what comes.
int UnpackOnASmallDisk(const std::string& folder, const std::string& bytes) {
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=64k") != 0)
    return 77;
  const Status status = Unpack(From(bytes), folder).status();
  const bool right = status.code() == Code::kUnavailable && status.reason() == "DiskFull" &&
                     status.fault() == Fault::kPlatform;
  return right ? 0 : 1;
}

TEST(Unpack, DiskFull_IsThePlatformsAndNotTheArchives) {
  const Ground ground;
  std::string body(1 << 20, '\0');
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2654435761u >> 13);
  const std::string bytes = Gzip(Tar(File("a", body)));
  const pid_t child = ::fork();
  if (child == 0) ::_exit(UnpackOnASmallDisk(ground.out(), bytes));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no mount namespace here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace ns::archive
