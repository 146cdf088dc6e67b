#include "engine/tar_end.h"

#include <gtest/gtest.h>

#include <string>

namespace ns::engine {
namespace {

const std::string kEntry = std::string(512, 'h') + std::string(512, '\0');

TEST(TarEnd, ArchiveInPiecesOfAnySize_IsWhole) {
  const std::string archive = kEntry + std::string(1024, '\0');
  for (const size_t size : {size_t{1}, size_t{7}, size_t{512}, archive.size()}) {
    TarEnd end;
    for (size_t at = 0; at < archive.size(); at += size) end.Take(archive.substr(at, size));
    EXPECT_TRUE(end.Whole()) << size;
    EXPECT_EQ(end.bytes(), 2048) << size;
  }
}

TEST(TarEnd, CutOff_IsNotWhole) {
  for (const std::string& archive :
       {std::string(), kEntry, kEntry + "x", kEntry + std::string(1023, '\0'),
        kEntry + std::string(1024, '\0') + kEntry.substr(0, 512),
        kEntry + std::string(1024, '\0') + R"({"message":"unexpected EOF"})"}) {
    TarEnd end;
    end.Take(archive);
    EXPECT_FALSE(end.Whole()) << archive.size();
  }
}

}  // namespace
}  // namespace ns::engine
