#include "plugin/file_check.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "plugin/testing/host_fixture.h"

namespace ns::plugin {
namespace {

class FileCheckTest : public PluginHostTest {
 protected:
  std::string ReasonOf(const std::string& path) {
    const auto objection = CheckFile(path);
    return objection ? objection->reason : "";
  }
};

TEST_F(FileCheckTest, OwnFileBelowStickyFolder_IsSafe) { EXPECT_EQ(ReasonOf(library()), ""); }

TEST_F(FileCheckTest, RelativePathOrFolder_IsNot) {
  EXPECT_EQ(ReasonOf("lib/x.so"), "PluginUnsafe");
  EXPECT_EQ(ReasonOf(plugins()), "PluginUnsafe");
  EXPECT_EQ(ReasonOf(folder_ + "/none.so"), "PluginMissing");
}

TEST_F(FileCheckTest, LinkIntoAFolderOthersWrite_IsNot) {
  std::filesystem::create_directory(folder_ + "/open");
  std::filesystem::copy_file(library(), folder_ + "/open/x.so");
  std::filesystem::create_symlink(folder_ + "/open/x.so", plugins() + "/x.so");
  EXPECT_EQ(ReasonOf(plugins() + "/x.so"), "");
  ::chmod((folder_ + "/open").c_str(), 0777);
  EXPECT_EQ(ReasonOf(plugins() + "/x.so"), "PluginUnsafe");
}

TEST_F(FileCheckTest, LinkInAFolderOthersWrite_IsNot) {
  std::filesystem::create_directory(folder_ + "/open");
  ::chmod((folder_ + "/open").c_str(), 0777);
  std::filesystem::create_symlink(library(), folder_ + "/open/x.so");
  EXPECT_EQ(ReasonOf(folder_ + "/open/x.so"), "PluginUnsafe");
}

TEST_F(FileCheckTest, GroupOfStrangersMayWrite_IsNot) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  ASSERT_EQ(::chown(library().c_str(), 0, 4711), 0);
  ::chmod(library().c_str(), 0664);
  EXPECT_EQ(ReasonOf(library()), "PluginUnsafe");
}

TEST_F(FileCheckTest, Copy_HasTheDigestAsItsNameAndIsMendedWhenChanged) {
  const std::string folder = folder_ + "/copies";
  const auto copy = CopyOf("bytes", folder);
  ASSERT_TRUE(copy.ok());
  EXPECT_EQ(*copy, folder + "/" + Sha256Hex("bytes") + ".so");
  std::filesystem::remove(*copy);
  WriteText(*copy, "other");
  EXPECT_EQ(*CopyOf("bytes", folder), *copy);
  EXPECT_EQ(ReadText(*copy), "bytes");
}

}  // namespace
}  // namespace ns::plugin
