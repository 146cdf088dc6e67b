#include "archive/pack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>

#include "archive/tar_maker_for_test.h"
#include "archive/unpack.h"
#include "base/crypto.h"

namespace ns::archive {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

void Put(const std::string& path, const std::string& text, unsigned mode = 0644) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path) << text;
  ::chmod(path.c_str(), mode);
}

// Does not get smaller.
std::string Noise(size_t size) {
  std::string noise(size, '\0');
  uint64_t seed = 1;
  for (char& byte : noise) byte = static_cast<char>((seed = seed * 6364136223846793005u + 1) >> 56);
  return noise;
}

struct Outcome {
  Result<Packed> packed;
  std::string bytes;
};
Outcome PackAll(const std::string& folder, const Limits& limits = {}) {
  std::string bytes;
  auto packed = Pack(
      folder,
      [&](std::string_view chunk) {
        bytes += chunk;
        return Status();
      },
      limits);
  return {std::move(packed), std::move(bytes)};
}

void PutSite(const std::string& folder) {
  Put(folder + "/index.html", "<h1>hello</h1>", 0600);
  Put(folder + "/css/style.css", std::string(100'000, 'c'), 0666);
  Put(folder + "/css-old/style.css", "", 04755);
  Put(folder + "/" + std::string(120, 'l') + "/" + std::string(200, 'n'), "long");
  Put(folder + "/日本語/ファイル.html", "utf-8");
  fs::create_directory(folder + "/empty");
}

TEST(Pack, ASite_ComesBackTheSame) {
  const Ground ground;
  const std::string site = ground.root() + "/outside/site";
  PutSite(site);
  const auto [packed, bytes] = PackAll(site);
  ASSERT_TRUE(packed.ok()) << packed.status().ToString();
  EXPECT_EQ(packed->entries, 10u);
  EXPECT_EQ(packed->size, bytes.size());
  EXPECT_EQ(packed->sha256, Sha256Hex(bytes));

  const auto unpacked = Unpack(From(bytes), ground.out());
  ASSERT_TRUE(unpacked.ok()) << unpacked.status().ToString();
  EXPECT_EQ(*unpacked, (Unpacked{10, 14 + 100'000 + 4 + 5}));
  EXPECT_EQ(ReadText(ground.out() + "/css/style.css"), std::string(100'000, 'c'));
  EXPECT_EQ(ReadText(ground.out() + "/日本語/ファイル.html"), "utf-8");
  EXPECT_TRUE(fs::is_directory(ground.out() + "/empty"));
  EXPECT_EQ(fs::status(ground.out() + "/index.html").permissions(), fs::perms(0644));
  EXPECT_EQ(fs::status(ground.out() + "/css-old/style.css").permissions(), fs::perms(0755));
  EXPECT_EQ(PackAll(ground.out()).bytes, bytes);
}

TEST(Pack, SameContent_SameBytesWhateverElseDiffers) {
  const Ground ground;
  const std::string a = ground.root() + "/outside/a", b = ground.root() + "/outside/b";
  PutSite(a);
  for (const char* name : {"/日本語", "/css", "/css-old", "/empty"})
    fs::create_directories(b + name);  // another order in the folder
  PutSite(b);
  for (const auto& entry : fs::recursive_directory_iterator(b)) {
    fs::last_write_time(entry, fs::file_time_type::clock::now() - std::chrono::hours(99'999));
    const int owned = ::lchown(entry.path().c_str(), 1234, 5678);
    EXPECT_TRUE(owned == 0 || ::geteuid() != 0);
  }
  ::chmod((b + "/css-old/style.css").c_str(), 0700);
  EXPECT_EQ(PackAll(a).bytes, PackAll(b).bytes);
}

TEST(Pack, Order_IsThatOfWholePaths) {
  const Ground ground;
  const std::string site = ground.root() + "/outside/site";
  for (const char* name : {"/a/x", "/a-b", "/a.txt", "/B", "/a0"}) Put(site + name, "");
  const std::string bytes = PackAll(site).bytes;
  z_stream stream{};
  ASSERT_EQ(::inflateInit2(&stream, 16 + MAX_WBITS), Z_OK);
  std::string tar(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(tar.data());
  stream.avail_out = static_cast<uInt>(tar.size());
  EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0u) << "something follows the gzip";
  ::inflateEnd(&stream);
  std::string names;
  for (size_t i = 0; i < 6; ++i) names += std::string(tar.c_str() + i * 512) + " ";
  EXPECT_EQ(names, "B a-b a.txt a/ a/x a0 ");
}

TEST(Pack, NothingInIt_AnEmptyArtifact) {
  const Ground ground;
  const auto [packed, bytes] = PackAll(ground.root() + "/outside");
  ASSERT_TRUE(packed.ok());
  EXPECT_EQ(Unpack(From(bytes), ground.out()).value(), Unpacked{});
}

TEST(Pack, LinksDevicesAndPipes_RefusedWithTheirPath) {
  const Ground ground;
  const std::string site = ground.root() + "/outside/site";
  const auto refused = [&](const std::string& name) {
    const Status status = PackAll(site).packed.status();
    EXPECT_EQ(status.reason(), "ArtifactInvalid");
    EXPECT_EQ(status.fault(), Fault::kSource);
    EXPECT_THAT(status.message(), HasSubstr("\"d/" + name + "\""));
    fs::remove(site + "/d/" + name);
  };
  fs::create_directories(site + "/d");
  for (const char* target : {"/etc/passwd", "../d", "gone"}) {
    fs::create_symlink(target, site + "/d/link");
    refused("link");
  }
  ASSERT_EQ(::mkfifo((site + "/d/pipe").c_str(), 0644), 0);
  refused("pipe");
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{AF_UNIX, {}};
  (site + "/d/sock").copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  refused("sock");
  ::close(fd);
  if (::mknod((site + "/d/null").c_str(), S_IFCHR | 0666, 0x103) == 0) refused("null");
  Put(site + "/d/bad\nname", "");
  EXPECT_THAT(PackAll(site).packed.status().message(), HasSubstr("d/bad\\x0aname"));
}

TEST(Pack, BeyondALimit_TooLarge) {
  const Ground ground;
  const std::string site = ground.root() + "/outside/site";
  PutSite(site);
  Limits entries, bytes, ratio;
  entries.entries = 9;
  bytes.bytes = 100'022;
  ratio.ratio = 10;
  ratio.ratio_from = 50'000;
  for (const Limits& limits : {entries, bytes, ratio})
    EXPECT_EQ(PackAll(site, limits).packed.status().reason(), "ArtifactTooLarge");
}

// Whether it is packed; what is packed is unpacked under the same limits, read as it is needed.
bool ComesBack(const std::string& site, const Limits& limits) {
  const auto [packed, bytes] = PackAll(site, limits);
  EXPECT_TRUE(packed.ok() || packed.status().reason() == "ArtifactTooLarge");
  if (!packed.ok()) return false;
  const Ground ground;
  const Status unpacked = Unpack(From(bytes, 100), ground.out(), Format::kTarGz, limits).status();
  EXPECT_TRUE(unpacked.ok()) << unpacked.ToString();
  return true;
}

// Noise, then files of one byte, a block each for header and padding, then what a gzip makes
// nothing of.
TEST(Pack, HeadersAndPadding_CountAsTheyDoOnTheWayBack) {
  const Ground ground;
  const std::string site = ground.root() + "/outside/site";
  Put(site + "/a", Noise(300'000));
  for (int i = 0; i < 4'000; ++i) Put(site + "/b/" + std::to_string(i), "x");
  Limits limits;
  limits.ratio_from = 1 << 20;
  limits.ratio = 20;
  int taken = 0, refused = 0;
  for (const unsigned zeros : {0u, 1u, 2u, 3u, 4u, 5u}) {
    Put(site + "/zeros", "");
    fs::resize_file(site + "/zeros", zeros << 20);
    ++(ComesBack(site, limits) ? taken : refused);
  }
  EXPECT_GT(taken, 0);
  EXPECT_GT(refused, 0);
}

TEST(Pack, PathOfAFolder_CountsWithItsSlash) {
  const Ground ground;
  const std::string site = ground.root() + "/outside/site";
  fs::create_directories(site + "/abc");
  Limits limits;
  limits.path = 4;
  EXPECT_TRUE(ComesBack(site, limits));
  limits.path = 3;
  EXPECT_FALSE(ComesBack(site, limits));
}

TEST(Pack, SinkFails_ItsWordAndNothingMore) {
  const Ground ground;
  const std::string site = ground.root() + "/outside/site";
  PutSite(site);
  int calls = 0;
  const auto packed = Pack(site, [&](std::string_view) {
    ++calls;
    return Unavailable("the storage is away");
  });
  EXPECT_EQ(packed.status(), Unavailable("the storage is away"));
  EXPECT_EQ(calls, 1);
}

// What is left of a file that was begun is not gone through.
TEST(Pack, SinkFailsInALargeFile_EndsAtOnce) {
  const Ground ground;
  const std::string site = ground.root() + "/outside/site";
  Put(site + "/noise", "");
  Put(site + "/noise", Noise(1 << 20));
  fs::resize_file(site + "/noise", uint64_t{3} << 30);
  size_t taken = 0;
  const auto begin = std::chrono::steady_clock::now();
  const auto packed = Pack(site, [&](std::string_view bytes) {
    taken += bytes.size();
    return taken > 100'000 ? Unavailable("the storage is away") : Status();
  });
  EXPECT_EQ(packed.status(), Unavailable("the storage is away"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(Pack, NoSuchFolder_Unavailable) {
  EXPECT_EQ(PackAll("/nonexistent").packed.status().code(), Code::kUnavailable);
}

}  // namespace
}  // namespace ns::archive
