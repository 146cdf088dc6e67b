// What a build made, as a file.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "testing/program_run.h"

namespace ns::cli {
namespace {

using testing::HasSubstr;

class ArtifactTest : public ProgramRun {
 protected:
  ArtifactTest() : folder_(testing::TempDir() + "ns-artifact-" + std::to_string(::getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    api::Build build;
    build.set_id(kBuild);
    build.add_artifacts()->set_id("a1");
    server_.On("GetBuild", build);
    server_.On("ReadBuildArtifact", [this](const std::string& body) {
      platform::ReadBuildArtifactRequest asked;
      asked.ParseFromString(body);
      platform::ReadBuildArtifactResponse piece;
      if (asked.offset() > 0 && broken_) return Refusal(503, "unavailable", "it goes");
      piece.set_data(asked.offset() == 0 ? "new " : "site");
      piece.set_next_offset(asked.offset() + 4);
      piece.set_finished(asked.offset() > 0);
      return Ok(piece);
    });
  }
  ~ArtifactTest() override { std::filesystem::remove_all(folder_); }

  int Fetch(const std::string& file) { return Run({"build", "artifact", kBuild, "-o", file}); }
  std::string TextOf(const std::string& name) const {
    std::ifstream file(folder_ + "/" + name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::ptrdiff_t Files() const {
    const std::filesystem::directory_iterator all(folder_);
    return std::distance(begin(all), end(all));
  }

  static constexpr char kBuild[] = "0123456789abcdef012345";
  const std::string folder_;
  bool broken_ = false;
};

TEST_F(ArtifactTest, FileIsReplacedOnceAllHasCome) {
  std::ofstream(folder_ + "/site") << "old";
  std::filesystem::create_symlink("site", folder_ + "/link");
  broken_ = true;
  EXPECT_EQ(Fetch(folder_ + "/link"), 5);
  EXPECT_EQ(Fetch(folder_ + "/none"), 5);
  EXPECT_EQ(TextOf("site"), "old");
  EXPECT_EQ(Files(), 2) << "nothing half stays";
  broken_ = false;
  EXPECT_EQ(Fetch(folder_ + "/link"), 0) << err_;
  EXPECT_EQ(out_, "8 bytes in " + folder_ + "/link.\n");
  EXPECT_EQ(TextOf("site"), "new site");
  EXPECT_TRUE(std::filesystem::is_symlink(folder_ + "/link"));
  EXPECT_EQ(Files(), 2);
}

TEST_F(ArtifactTest, WhatCannotBeWrittenIsSaid) {
  EXPECT_EQ(Fetch("/dev/null"), 0) << err_;
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_EQ(Fetch("/dev/full"), 1);
  EXPECT_THAT(err_, HasSubstr("/dev/full cannot be written: No space left on device."));
  EXPECT_EQ(Fetch(folder_ + "/none/site"), 1);
  EXPECT_THAT(err_, HasSubstr("/none/site cannot be written: No such file or directory."));
  EXPECT_EQ(Fetch(folder_), 1);
  EXPECT_THAT(err_, HasSubstr("cannot be written: Is a directory."));
}

}  // namespace
}  // namespace ns::cli
