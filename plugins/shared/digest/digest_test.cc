#include "digest/digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace ns::digest {
namespace {

// Gives "abc", then the end.
ns_status Abc(void* ctx, uint8_t* to, size_t, size_t* got) noexcept {
  bool& given = *static_cast<bool*>(ctx);
  *got = given ? 0 : 3;
  std::memcpy(to, "abc", *got);
  given = true;
  return NS_OK;
}

std::string Fails(const sdk::Object& object) {
  bool given = false;
  const sdk::ByteSource bytes({&given, &Abc});
  Incoming incoming(object, bytes);
  char buffer[16];
  try {
    while (incoming.Read(buffer, sizeof(buffer)) > 0) continue;
    return "";
  } catch (const sdk::Error& error) {
    return error.reason() + ": " + error.message();
  }
}

TEST(Sha256, OfNothingAndOfAbc_AreTheKnownOnes) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Incoming, OtherThanTold_Mismatch) {
  EXPECT_EQ(Fails({"k", 3, Sha256Hex("abc")}), "");
  EXPECT_THAT(Fails({"k", 2, Sha256Hex("abc")}), testing::HasSubstr("more than 2"));
  EXPECT_THAT(Fails({"k", 4, Sha256Hex("abc")}), testing::HasSubstr("fewer than 4"));
  EXPECT_THAT(Fails({"k", 3, Sha256Hex("abd")}), testing::StartsWith("DigestMismatch: "));
}

}  // namespace
}  // namespace ns::digest
