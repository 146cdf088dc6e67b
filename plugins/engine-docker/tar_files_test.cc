#include "tar_files.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace ns::engine_docker {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::Pair;

class FolderTarTest : public testing::Test {
 protected:
  FolderTarTest() {
    std::string name = (fs::temp_directory_path() / "ns-tar-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    fs::create_directories(root_ / "source");
  }
  ~FolderTarTest() override { fs::remove_all(root_); }

  void File(const std::string& name, const std::string& text) const {
    fs::create_directories((root_ / "source" / name).parent_path());
    std::ofstream(root_ / "source" / name, std::ios::binary) << text;
  }
  std::string Tar(size_t piece = 4096) const {
    FolderTar tar((root_ / "source/").string(), ".", {1000, 1001});
    std::string all, buffer(piece, '\0');
    while (const size_t got = tar.Read(buffer.data(), buffer.size())) all.append(buffer, 0, got);
    return all;
  }
  // What GNU tar makes of it.
  std::string Listing() const {
    std::ofstream(root_ / "tar", std::ios::binary) << Tar();
    std::string text;
    FILE* pipe =
        ::popen(("tar --numeric-owner -tvf " + (root_ / "tar").string() + " 2>&1").c_str(), "r");
    char buffer[4096];
    while (const size_t got = ::fread(buffer, 1, sizeof(buffer), pipe)) text.append(buffer, got);
    EXPECT_EQ(::pclose(pipe), 0) << text;
    return text;
  }

  fs::path root_;
};

TEST_F(FolderTarTest, Files_AreGivenWholeWhateverThePieces) {
  File("a", "one");
  File("b/c", std::string(200'000, 'x') + "end");
  File("empty", "");
  File("b/\xff\xfe name", "odd");
  for (const size_t piece : {1u, 511u, 1u << 20}) {
    auto files = FilesOf(Tar(piece), 1 << 20);
    EXPECT_TRUE(std::exchange(files["b/c"], "") == std::string(200'000, 'x') + "end");
    EXPECT_THAT(files, ElementsAre(Pair("a", "one"), Pair("b/c", ""),
                                   Pair("b/\xff\xfe name", "odd"), Pair("empty", "")));
  }
}

TEST_F(FolderTarTest, HolesAndLongNames_AreGivenAsTheyAre) {
  const std::string deep = std::string(120, 'd') + "/" + std::string(200, 'f');
  File(deep, "deep");
  File("hole", "begin");
  fs::resize_file(root_ / "source/hole", 3 << 20);
  std::ofstream(root_ / "source/hole", std::ios::app) << "end";
  const auto files = FilesOf(Tar(), 8 << 20);
  EXPECT_EQ(files.at(deep), "deep");
  EXPECT_EQ(files.at("hole"), "begin" + std::string((3 << 20) - 5, '\0') + "end");
}

TEST_F(FolderTarTest, LinksStayAndOwnersAreSet_SpecialFilesAreLeftOut) {
  File("a", "one");
  ::chmod((root_ / "source/a").c_str(), 04755);
  fs::create_hard_link(root_ / "source/a", root_ / "source/twin");
  fs::create_symlink("/etc/passwd", root_ / "source/out");
  fs::create_directory_symlink("/", root_ / "source/root");
  ::mkfifo((root_ / "source/pipe").c_str(), 0600);
  const std::string listing = Listing();
  EXPECT_THAT(listing, testing::HasSubstr("-rwxr-xr-x 1000/1001"));
  EXPECT_THAT(listing, testing::HasSubstr("./out -> /etc/passwd"));
  EXPECT_THAT(listing, testing::HasSubstr("./root -> /\n"));
  EXPECT_THAT(listing, testing::Not(testing::HasSubstr("pipe")));
  EXPECT_THAT(listing, testing::Not(testing::HasSubstr("link to")));
  EXPECT_EQ(FilesOf(Tar(), 1 << 20).at("twin"), "one");
}

TEST(TarFiles, Archive_GivesItsFilesBack) {
  const std::string tar = TarOf({{"state/", "", 0755, {1000, 1000}},
                                 {"state/a.toml", "a = 1\n", 0644, {1000, 1000}},
                                 {"state/b", "", 0600, {}}});
  EXPECT_THAT(FilesOf(tar, 100), ElementsAre(Pair("state/a.toml", "a = 1\n"), Pair("state/b", "")));
}

TEST(TarFiles, BrokenOrTooLarge_GivesWhatStandsBefore) {
  const std::string tar = TarOf({{"a", "12345", 0644, {}}, {"b", "12345", 0644, {}}});
  EXPECT_THAT(FilesOf(tar, 9), ElementsAre(Pair("a", "12345")));
  EXPECT_THAT(FilesOf(std::string_view(tar).substr(0, 1100), 100), ElementsAre(Pair("a", "12345")));
  EXPECT_TRUE(FilesOf("no archive", 100).empty());
}

}  // namespace
}  // namespace ns::engine_docker
