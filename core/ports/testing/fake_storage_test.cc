#include "ports/testing/fake_storage.h"

#include "ports/testing/storage_contract.h"

namespace ns::ports::testing {
namespace {

class Fake final : public StorageUnderTest {
 public:
  Storage& storage() override { return fake_; }

 private:
  FakeStorage fake_;
};

INSTANTIATE_TEST_SUITE_P(Fake, StorageContract, ::testing::Values(StorageFactory([] {
                           return std::unique_ptr<StorageUnderTest>(std::make_unique<Fake>());
                         })),
                         [](const auto&) { return "InMemory"; });

TEST(GetWhole, OtherBytesThanWerePut_DigestMismatch) {
  FakeStorage storage;
  const std::string bytes = Noise(200'000);
  const Digest digest = DigestOf(bytes);
  std::string got;
  const auto get = [&] {
    got.clear();
    return GetWhole(storage, {}, "key", digest, [&](std::string_view piece) {
      got += piece;
      return Status();
    });
  };
  ASSERT_EQ(storage.Put({}, "key", digest, SourceOf(bytes)), Status());
  EXPECT_EQ(get(), Status());
  EXPECT_TRUE(got == bytes);
  std::string changed = bytes;
  changed[100'000] ^= 1;
  for (const std::string& other : {changed, bytes + "x", bytes.substr(1), std::string()}) {
    storage.Corrupt("key", other);
    EXPECT_EQ(get().reason(), "DigestMismatch");
    EXPECT_EQ(get().fault(), Fault::kPlatform);
  }
  storage.FailWith(Unavailable("away"));
  EXPECT_EQ(get(), Unavailable("away"));
}

}  // namespace
}  // namespace ns::ports::testing
