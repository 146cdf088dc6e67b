#include "engine/workplace.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <fstream>
#include <optional>
#include <sstream>

namespace ns::engine {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class WorkplaceFolder : public testing::Test {
 protected:
  WorkplaceFolder() {
    std::string name = "/tmp/ns-workplace.XXXXXX";
    root_ = ::mkdtemp(name.data());
    fs::create_directories(root_ / "source");
    fs::create_directories(root_ / "data");
    job_.build = "b1";
    job_.source = (root_ / "source").string();
    job_.plan.dockerfile_path = "Dockerfile";
  }
  ~WorkplaceFolder() override { fs::remove_all(root_); }
  void File(const std::string& path, const std::string& text) const {
    std::ofstream(root_ / path) << text;
  }
  static std::string Text(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  std::string data() const { return (root_ / "data").string(); }
  fs::path root_;
  sdk::EngineJob job_;
};

TEST_F(WorkplaceFolder, DockerfileWithASyntaxLine_IsCopiedWithoutIt) {
  File("source/Dockerfile", "# syntax=a/b\nFROM x\n");
  File("source/Dockerfile.dockerignore", "left\n");
  Workplace workplace(data(), job_);
  EXPECT_TRUE(workplace.NamesSyntax());
  EXPECT_TRUE(workplace.LeaveOutSyntax());
  EXPECT_EQ(Text(workplace.files().dockerfile), "#\nFROM x\n");
  EXPECT_EQ(Text(workplace.files().dockerfile + ".dockerignore"), "left\n");
  EXPECT_FALSE(workplace.NamesSyntax());
}

TEST_F(WorkplaceFolder, DockerfileThatIsALinkOut_IsNotRead) {
  File("secret", "# syntax=a/b\n");
  fs::create_symlink(root_ / "secret", root_ / "source/Dockerfile");
  Workplace workplace(data(), job_);
  EXPECT_FALSE(workplace.NamesSyntax());
  EXPECT_FALSE(workplace.LeaveOutSyntax());
  EXPECT_EQ(workplace.files().dockerfile, job_.source + "/Dockerfile");
}

TEST_F(WorkplaceFolder, OfARunThatLives_IsNoOrphan) {
  std::optional<Workplace> alive(std::in_place, data(), job_);
  alive->Note("cgroup", "ours/app-1");
  EXPECT_THAT(Workplace::Orphans(data()), ElementsAre());
  EXPECT_THAT(Workplace::Notes(data(), "b1", "cgroup"), ElementsAre("ours/app-1"));
  fs::create_directories(root_ / "data/build-b2-1");
  File("data/build-b2-1/alive", "");
  File("data/build-b2-1/cgroup", "ours/app-2");
  EXPECT_THAT(Workplace::Orphans(data()), ElementsAre("b2"));
  Workplace::Forget(data(), "b2");
  alive.reset();
  EXPECT_TRUE(fs::is_empty(root_ / "data"));
}

}  // namespace
}  // namespace ns::engine
