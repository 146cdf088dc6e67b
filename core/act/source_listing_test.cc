#include "act/source_listing.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace ns::act {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using File = ports::SourceFile;

class SourceListingTest : public ::testing::Test {
 protected:
  SourceListingTest() {
    std::string name = (fs::temp_directory_path() / "ns-listing-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~SourceListingTest() override { fs::remove_all(root_); }
  void Write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  fs::path root_;
};

TEST_F(SourceListingTest, RegularFiles_AreListedInOrderAndRead) {
  Write("b/c", "deep");
  Write("b.txt", "12345");
  Write("a", "");
  const auto listing = ListSource(root_.string());
  ASSERT_TRUE(listing.ok()) << listing.status().ToString();
  EXPECT_THAT(listing->files, ElementsAre(File{"a", 0}, File{"b.txt", 5}, File{"b/c", 4}));
  EXPECT_FALSE(listing->truncated);
  EXPECT_EQ(listing->head("b/c"), "deep");
  EXPECT_EQ(listing->head("b/d"), "");
}

TEST_F(SourceListingTest, LinksAndGit_AreLeftOutAndNotRead) {
  Write(".git/config", "x");
  Write(".gitignore", "x");
  Write("real/file", "x");
  Write("real/\xff", "x");
  fs::create_symlink("/etc/passwd", root_ / "passwd");
  fs::create_directory_symlink("/etc", root_ / "etc");
  fs::create_directory_symlink(".", root_ / "circle");
  const auto listing = ListSource(root_.string());
  ASSERT_TRUE(listing.ok());
  EXPECT_THAT(listing->files, ElementsAre(File{".gitignore", 1}, File{"real/file", 1}));
  for (const char* path : {"passwd", "etc/passwd", "../../etc/passwd", "circle/real/file"})
    EXPECT_EQ(listing->head(path), "") << path;
}

TEST_F(SourceListingTest, BigFile_IsReadInPart) {
  Write("big", std::string(100'000, 'x'));
  const auto listing = ListSource(root_.string());
  EXPECT_EQ(listing->files.at(0).size, 100'000);
  EXPECT_EQ(listing->head("big").size(), ports::kSourceHead);
}

TEST_F(SourceListingTest, ManyFiles_AreCutOffBelow) {
  for (int i = 0; i < 5; ++i) Write("a/" + std::to_string(i), "");
  Write("z", "");
  const auto some = ListSource(root_.string(), 3);
  ASSERT_TRUE(some.ok());
  EXPECT_TRUE(some->truncated);
  ASSERT_EQ(some->files.size(), 3u);
  EXPECT_EQ(some->files.back().path, "z") << "the root is whole";
  EXPECT_FALSE(ListSource(root_.string(), 6)->truncated);
}

TEST_F(SourceListingTest, FolderThatIsNotThere_IsUnavailable) {
  const auto none = ListSource((root_ / "none").string());
  EXPECT_EQ(none.status().code(), Code::kUnavailable);
  EXPECT_EQ(none.status().fault(), Fault::kPlatform);
}

}  // namespace
}  // namespace ns::act
