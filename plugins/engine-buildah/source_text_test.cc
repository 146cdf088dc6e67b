#include "source_text.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "ns/sdk/error.h"

namespace ns::engine_buildah {
namespace {

namespace fs = std::filesystem;

class Source : public testing::Test {
 protected:
  Source() {
    std::string name = testing::TempDir() + "ns-source.XXXXXX";
    root_ = ::mkdtemp(name.data());
    fs::create_directories(root_ / "source/sub");
    std::ofstream(root_ / "outside") << "not the source's";
    std::ofstream(root_ / "source/file") << "the source's";
  }
  ~Source() override { fs::remove_all(root_); }

  std::string source() const { return (root_ / "source").string(); }
  std::string Refusal(const std::string& path) const {
    try {
      return SourceText(source(), path) ? "read" : "none";
    } catch (const sdk::Error& error) {
      return error.reason();
    }
  }

  fs::path root_;
};

TEST_F(Source, File_IsReadAlsoThroughALinkInside) {
  fs::create_symlink("../file", root_ / "source/sub/link");
  EXPECT_EQ(SourceText(source(), "file"), "the source's");
  EXPECT_EQ(SourceText(source(), "sub/link"), "the source's");
}

TEST_F(Source, WhatIsNoFile_IsNone) {
  ::mkfifo((root_ / "source/pipe").c_str(), 0600);
  for (const char* path : {"nothing", "sub", "file/x", "pipe"})
    EXPECT_EQ(Refusal(path), "none") << path;
}

TEST_F(Source, LinkThatLeavesTheSource_IsRefused) {
  fs::create_symlink("../outside", root_ / "source/up");
  fs::create_symlink("/etc/passwd", root_ / "source/away");
  fs::create_directory_symlink("..", root_ / "source/folder");
  for (const char* path : {"up", "away", "folder/outside", "../outside", "sub/../../outside"})
    EXPECT_EQ(Refusal(path), NS_REASON_PATH_OUTSIDE_SOURCE) << path;
}

TEST_F(Source, FileWithoutEnd_IsRefused) {
  std::ofstream(root_ / "source/long") << std::string((1 << 20) + 1, '#');
  EXPECT_EQ(Refusal("long"), NS_REASON_COMMAND_FAILED);
}

}  // namespace
}  // namespace ns::engine_buildah
