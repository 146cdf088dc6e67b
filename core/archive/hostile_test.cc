// Archives made to leave their folder, to fill the disk or to confuse the reader. After each
// nothing lies outside, and inside are plain files and folders alone.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "archive/tar_maker_for_test.h"
#include "archive/unpack.h"

namespace ns::archive {
namespace {

struct Hostile {
  std::string name;
  std::string tar;      // or whole, where `raw`
  bool refused = true;  // false: may be taken, as long as it harms nothing
  bool raw = false;     // `tar` is a gzip already
};
using List = std::vector<Hostile>;

// `path` in every way in which a tar can say a path.
void AddSpelling(List& list, const std::string& path, bool refused) {
  const std::string name = "path " + path;
  const bool fits = path.size() <= 100 && path.find('\0') == std::string::npos;
  if (fits) {
    list.push_back({name + " ustar", Tar(File(path)), refused});
    list.push_back(
        {name + " v7", Tar(One({path, '\0', "evil", {}, 0644, -1, {}, {}, {}, false})), refused});
    list.push_back({name + " folder", Tar(One({path + "/", '5'})), refused});
  }
  list.push_back({name + " pax", Tar(Pax({{"path", path}}) + File("x")), refused});
  list.push_back({name + " gnu", Tar(Long(path) + File("x")), refused});
}

void AddPaths(List& list) {
  for (const std::string& path : {std::string("../evil"),
                                  std::string("../canary"),
                                  std::string("a/../../evil"),
                                  std::string(".."),
                                  std::string("./../evil"),
                                  std::string("a/b/../../../outside/evil"),
                                  std::string("..//evil"),
                                  std::string("/tmp/ns-evil"),
                                  std::string("//tmp/ns-evil"),
                                  std::string("/../evil"),
                                  std::string("a/.."),
                                  std::string("../out/../evil"),
                                  std::string(".././evil"),
                                  std::string("./a/./../../evil"),
                                  std::string("../link/evil"),
                                  std::string("\xc0\xae\xc0\xae/evil"),
                                  std::string("\xe0\x80\xae./evil"),
                                  std::string("..\n/evil"),
                                  std::string("a\x01"),
                                  std::string("\xff\xfe")})
    AddSpelling(list, path, true);
  for (const std::string& path :
       {std::string("..\\evil"), std::string("C:\\evil"), std::string("%2e%2e/evil"),
        std::string("..%2fevil"), std::string(".. /evil"), std::string("...//evil"),
        std::string("~/evil"), std::string("$HOME"), std::string("-rf"), std::string("．．/evil"),
        std::string("..;/evil")})
    AddSpelling(list, path, false);
  list.push_back({"prefix", Tar(One({"evil", '0', "x", {}, 0644, -1, ".."})), true});
  list.push_back({"absolute prefix", Tar(One({"evil", '0', "x", {}, 0644, -1, "/tmp"})), true});
  list.push_back(
      {"NUL in pax", Tar(Pax({{"path", std::string("ok\0/../../evil", 14)}}) + File("x")), false});
}

void AddLinks(List& list) {
  for (const char* target : {"..", "../outside", "../canary", "/tmp", "/", ".", "../link", "a"}) {
    const std::string to = target;
    list.push_back({"symlink " + to, Tar(One({"l", '2', {}, to})), true});
    list.push_back(
        {"symlink then write " + to, Tar(One({"l", '2', {}, to}) + File("l/evil")), true});
    list.push_back(
        {"symlink then same name " + to, Tar(One({"l", '2', {}, to}) + File("l")), true});
    list.push_back({"hard link " + to, Tar(One({"l", '1', {}, to})), true});
    list.push_back({"hard link then write " + to, Tar(One({"l", '1', {}, to}) + File("l")), true});
    list.push_back(
        {"pax linkpath " + to, Tar(Pax({{"linkpath", to}}) + One({"l", '2', {}, "x"})), true});
    list.push_back(
        {"pax hard linkpath " + to, Tar(Pax({{"linkpath", to}}) + One({"l", '1', {}, "x"})), true});
    list.push_back({"gnu long link " + to, Tar(Long(to, 'K') + One({"l", '2', {}, "x"})), true});
    list.push_back({"linkpath of a file " + to, Tar(Pax({{"linkpath", to}}) + File("l")), false});
  }
  list.push_back({"folder then symlink",
                  Tar(One({"d/", '5'}) + One({"d", '2', {}, ".."}) + File("d/evil")), true});
  list.push_back({"hard link of its own file", Tar(File("a") + One({"b", '1', {}, "a"})), true});
  list.push_back({"hard link with a body", Tar(File("a") + One({"b", '1', "body", "a"})), true});
  list.push_back({"symlink with a body", Tar(One({"b", '2', "body", "a"})), true});
}

void AddKinds(List& list) {
  for (const char type : {'3', '4', '6'})
    list.push_back({std::string("kind ") + type, Tar(One({"dev", type, {}, {}, 0666})), true});
  for (const char type : {'7', 'A', 'D', 'M', 'N', 'V', 'Z', 'I', '8', '9', '\x01', '\xff'})
    list.push_back(
        {std::string("kind ") + std::to_string(type), Tar(One({"odd", type, "x"})), false});
  for (const unsigned mode : {04755u, 02755u, 01777u, 07777u, 0u, 0777u, 0170777u, 0120777u}) {
    list.push_back({"mode " + std::to_string(mode), Tar(One({"f", '0', "x", {}, mode})), false});
    list.push_back({"mode of a folder", Tar(One({"d", '5', "", {}, mode}) + File("d/x")), false});
  }
  for (const char* key :
       {"SCHILY.xattr.security.capability", "LIBARCHIVE.xattr.user.x", "SCHILY.acl.access"})
    list.push_back({key, Tar(Pax({{key, "user::rwx"}}) + File("f")), false});
}

void AddSizes(List& list) {
  for (const char* size :
       {"-1", "99999999999999999999", "4294967297", "18446744073709551615", "x", ""})
    list.push_back(
        {std::string("pax size ") + size, Tar(Pax({{"size", size}}) + File("f", "body")), true});
  list.push_back({"pax size is less", Tar(Pax({{"size", "1"}}) + File("f", "body")), false});
  list.push_back({"negative size",
                  Tar(One({"f", '0', "x", {}, 0644, -1, {}, std::string(12, '\xff')})), true});
  list.push_back({"huge size",
                  Tar(One({"f",
                           '0',
                           "x",
                           {},
                           0644,
                           -1,
                           {},
                           std::string("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12)})),
                  true});
  list.push_back({"more than there is", Tar(One({"f", '0', "x", {}, 0644, 1 << 20})), true});
  list.push_back(
      {"octal nonsense", Tar(One({"f", '0', "x", {}, 0644, -1, {}, "zzzzzzzzzzz"})), false});
  const std::string hole = "00000000000 00000000000 ";  // offset and bytes of the one piece
  for (const char* real : {"00100000000000", "77777777777 ", "00040000000 "}) {
    std::string fields = hole + std::string(72, '\0') + std::string(1, '\0') + real;
    list.push_back({std::string("gnu sparse ") + real,
                    Tar(One({"s", 'S', "", {}, 0644, 0, {}, {}, fields})), true});
  }
  for (const char* size : {"1099511627776", "9223372036854775807", "1048576"}) {
    list.push_back({std::string("pax sparse 0.0 ") + size,
                    Tar(Pax({{"GNU.sparse.size", size},
                             {"GNU.sparse.numblocks", "1"},
                             {"GNU.sparse.offset", "0"},
                             {"GNU.sparse.numbytes", "0"}}) +
                        File("s", "")),
                    true});
    list.push_back({std::string("pax sparse 0.1 ") + size,
                    Tar(Pax({{"GNU.sparse.size", size},
                             {"GNU.sparse.map", "0,1"},
                             {"GNU.sparse.name", "../evil"}}) +
                        File("s", "x")),
                    true});
    list.push_back({std::string("pax sparse 1.0 ") + size,
                    Tar(Pax({{"GNU.sparse.major", "1"},
                             {"GNU.sparse.minor", "0"},
                             {"GNU.sparse.realsize", size},
                             {"GNU.sparse.name", "s"}}) +
                        File("s", Padded("1\n0\n1\n") + "x")),
                    true});
  }
}

void AddTwice(List& list) {
  for (const auto& [a, b] : {std::pair("a", "a"), std::pair("a", "./a"), std::pair("d/a", "d//a"),
                             std::pair("a", "a/.")}) {
    list.push_back({std::string("twice ") + b, Tar(File(a) + File(b)), true});
    list.push_back({std::string("folder twice ") + b, Tar(One({a, '5'}) + One({b, '5'})), true});
    list.push_back({std::string("file then folder ") + b, Tar(File(a) + One({b, '5'})), true});
    list.push_back({std::string("folder then file ") + b, Tar(One({a, '5'}) + File(b)), true});
  }
  list.push_back({"below a file", Tar(File("a") + File("a/b")), true});
  list.push_back({"root twice", Tar(One({"./", '5'}) + One({".", '5'})), true});
  list.push_back({"root is a file", Tar(File("./")), false});
  list.push_back({"case", Tar(File("a") + File("A")), false});
  list.push_back({"composed and not", Tar(File("\xc3\xa9") + File("e\xcc\x81")), false});
}

void AddHeaders(List& list) {
  list.push_back({"global path", Tar(Pax({{"path", "../evil"}}, 'g') + File("x")), false});
  list.push_back({"binary charset",
                  Tar(Pax({{"hdrcharset", "BINARY"}, {"path", "\xff/evil"}}) + File("x")), true});
  list.push_back(
      {"pax of pax", Tar(Pax({{"path", "../evil"}}) + Pax({{"path", "ok"}}) + File("x")), false});
  list.push_back({"pax of nothing", Tar(Pax({{"path", "../evil"}})), true});
  list.push_back(
      {"record too long", Tar(One({"pax", 'x', "99999 path=../evil\n"}) + File("x")), true});
  list.push_back({"record of zero", Tar(One({"pax", 'x', "0 path=a\n"}) + File("x")), true});
  list.push_back({"record without end", Tar(One({"pax", 'x', "12 path=abcd"}) + File("x")), true});
  list.push_back({"long name of nothing", Tar(Long("../evil")), true});
  list.push_back({"pax and gnu", Tar(Pax({{"path", "ok"}}) + Long("../evil") + File("x")), false});
  std::string chain, deep = "a", wide;
  for (int i = 0; i < 1000; ++i) chain += Long("x");
  list.push_back({"chain of headers", Tar(chain + File("x")), true});
  for (int i = 0; i < 2000; ++i) deep += "/a";
  list.push_back({"deep", Tar(Long(deep) + File("x")), true});
  list.push_back({"long", Tar(Long(std::string(5000, 'a')) + File("x")), true});
  list.push_back(
      {"long name of one", Tar(Pax({{"path", std::string(300, 'a')}}) + File("x")), true});
  list.push_back(
      {"huge header", Tar(Pax({{"comment", std::string(4 << 20, 'c')}}) + File("x")), true});
  list.push_back({"no tar", "hello", true});
  list.push_back({"nothing", "", true});
  list.push_back({"zeros alone", Tar(""), false});
  list.push_back({"another format", "07070100000000", true});
  list.push_back({"tar in gzip in gzip", Gzip(Gzip(Tar(File("x")))), true});
}

void AddGzips(List& list) {
  const std::string good = Gzip(Tar(File("a", std::string(3000, 'a')) + File("b/c")));
  list.push_back({"bytes after it", good + "more", true, true});
  list.push_back({"another archive after it", good + Gzip(Tar(File("../evil"))), false, true});
  list.push_back({"half a member after it", good + good.substr(0, good.size() / 2), true, true});
  list.push_back({"wrong check sum",
                  std::string(good).replace(good.size() - 8, 1, 1,
                                            static_cast<char>(good[good.size() - 8] ^ 1)),
                  true, true});
  list.push_back({"wrong length",
                  std::string(good).replace(good.size() - 4, 1, 1,
                                            static_cast<char>(good[good.size() - 4] ^ 1)),
                  true, true});
  list.push_back({"bomb", Gzip(Tar(File("zeros", std::string(40 << 20, '\0')))), true, true});
  list.push_back(
      {"bomb after the end", Gzip(Tar(File("a")) + std::string(40 << 20, '\0')), true, true});
  for (size_t cut = 0; cut < good.size(); cut += std::max<size_t>(1, good.size() / 25))
    list.push_back({"gzip cut at " + std::to_string(cut), good.substr(0, cut), true, true});
  const std::string tar = Tar(File("a", std::string(3000, 'a')) + File("b/c"));
  for (size_t cut = 0; cut < tar.size() - 512; cut += 333)
    list.push_back({"tar cut at " + std::to_string(cut), tar.substr(0, cut), true});
}

// Some bits of a harmless archive, or of a hostile one, are others than they were.
void AddCorrupt(List& list) {
  std::mt19937 random(20261126);
  const std::string harmless = Tar(File("a", std::string(700, 'a')) + One({"d/", '5'}) +
                                   Pax({{"path", "d/e"}}) + File("x") + Long("d/f") + File("y"));
  const std::string hostile = Tar(Pax({{"path", "d/e"}, {"linkpath", ".."}}) +
                                  One({"l", '2', {}, "../outside"}) + File("l/evil"));
  for (int i = 0; i < 60; ++i) {
    std::string tar = i % 2 ? harmless : hostile;
    for (int flips = 1 + i % 9; flips > 0; --flips)
      tar[random() % tar.size()] ^= static_cast<char>(1u << random() % 8);
    list.push_back({"corrupt tar " + std::to_string(i), tar, false});
  }
  for (int i = 0; i < 60; ++i) {
    std::string bytes = Gzip(i % 2 ? harmless : hostile);
    bytes[10 + random() % (bytes.size() - 10)] ^= static_cast<char>(1u << random() % 8);
    list.push_back({"corrupt gzip " + std::to_string(i), bytes, true, true});
  }
}

List All() {
  List list;
  AddPaths(list);
  AddLinks(list);
  AddKinds(list);
  AddSizes(list);
  AddTwice(list);
  AddHeaders(list);
  AddGzips(list);
  AddCorrupt(list);
  return list;
}

void Try(const Hostile& hostile, Format format) {
  SCOPED_TRACE(hostile.name);
  const Ground ground;
  const std::string bytes =
      format == Format::kTarGz && !hostile.raw ? Gzip(hostile.tar) : hostile.tar;
  const Status status = Unpack(From(bytes, 1500), ground.out(), format).status();
  EXPECT_EQ(ground.Sweep(), "");
  EXPECT_FALSE(std::filesystem::exists("/tmp/ns-evil"));
  EXPECT_FALSE(hostile.refused && status.ok());
  if (status.ok()) return;
  EXPECT_EQ(status.code(), Code::kInvalid) << status.ToString();
  EXPECT_EQ(status.fault(), Fault::kSource) << status.ToString();
}

TEST(Hostile, EveryArchive_HarmsNothingOutsideItsFolder) {
  const List list = All();
  RecordProperty("archives", static_cast<int>(list.size()));
  EXPECT_GE(list.size(), 300u);
  for (const Hostile& hostile : list) Try(hostile, Format::kTarGz);
}

TEST(Hostile, EveryPlainTar_HarmsNothingOutsideItsFolder) {
  for (const Hostile& hostile : All()) {
    if (!hostile.raw) Try(hostile, Format::kTar);
  }
}

// A path makes folders without an entry for them.
TEST(Hostile, FewEntriesOfManyFolders_StopAtTheLimitOfEntries) {
  std::string deep, tar;
  for (int i = 0; i < 62; ++i) deep += "/a";
  for (int i = 0; i < 40; ++i) tar += Long(std::to_string(i) + deep + "/f") + File("x");
  Limits limits;
  limits.entries = 1'000;
  const Ground ground;
  const std::string bytes = Gzip(Tar(tar));
  const Status status = Unpack(From(bytes), ground.out(), Format::kTarGz, limits).status();
  EXPECT_EQ(status.reason(), "ArtifactTooLarge") << status.ToString();
  EXPECT_EQ(status.fault(), Fault::kSource);
  EXPECT_EQ(ground.Sweep(), "");
  size_t folders = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(ground.out()))
    folders += entry.is_directory() ? 1 : 0;
  EXPECT_EQ(folders, 1'000u);
}

}  // namespace
}  // namespace ns::archive
