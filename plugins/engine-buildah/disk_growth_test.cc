#include "disk_growth.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace ns::engine_buildah {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMiB = 1 << 20;

class Growth : public testing::Test {
 protected:
  Growth() {
    std::string name = testing::TempDir() + "ns-growth.XXXXXX";
    root_ = ::mkdtemp(name.data());
    for (const char* folder : {"layers", "kept", "scratch"}) fs::create_directory(root_ / folder);
  }
  ~Growth() override { fs::remove_all(root_); }

  void Write(const std::string& file, int mib) const {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << std::string(static_cast<size_t>(mib * kMiB), 'x');
  }
  void Layer(const std::string& name, const std::string& lower, int mib) const {
    Write("layers/" + name + "/diff/file", mib);
    std::ofstream(root_ / "layers" / name / "lower") << lower;
  }
  DiskGrowth Watch(int mib) const {
    return DiskGrowth(
        {{(root_ / "layers").string()}, (root_ / "kept").string(), (root_ / "scratch").string()},
        mib * kMiB);
  }

  fs::path root_;
};

TEST_F(Growth, WhatWasThereBefore_DoesNotCount) {
  Layer("old", "", 9);
  Write("kept/old", 9);
  DiskGrowth watch = Watch(8);
  EXPECT_FALSE(watch.Exceeded(true));
  Write("kept/new", 5);
  EXPECT_FALSE(watch.Exceeded(true));
  Layer("new", "l/old", 5);
  EXPECT_TRUE(watch.Exceeded(true)) << "both together";
  fs::remove_all(root_ / "kept/new");
  EXPECT_TRUE(watch.Exceeded()) << "once true it stays so";
}

TEST_F(Growth, LayerThatIsPacked_CountsOnce) {
  DiskGrowth watch = Watch(8);
  Layer("step", "l/base", 5);
  Layer("image", "l/base", 5);
  Write("scratch/layer", 5);
  Write("scratch/blob", 5);
  EXPECT_FALSE(watch.Exceeded(true));
  Layer("stage", "l/base", 5);
  EXPECT_TRUE(watch.Exceeded(true)) << "a third above the same is another one";
}

TEST_F(Growth, Scratch_CountsHalfByItself) {
  DiskGrowth watch = Watch(8);
  Write("scratch/download", 17);
  EXPECT_TRUE(watch.Exceeded(true));
  EXPECT_FALSE(Watch(0).Exceeded(true)) << "no limit";
}

}  // namespace
}  // namespace ns::engine_buildah
