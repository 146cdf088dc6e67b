#include "engine/secret_print.h"

#include <gmock/gmock.h>

namespace ns::engine {
namespace {

TEST(SecretPrint, DependsOnKeyNamesAndValues) {
  const std::string key(32, 'k'), other(32, 'o');
  const std::string print = SecretPrint(key, {{"A", "1", true}});
  EXPECT_EQ(print.size(), 16u);
  EXPECT_EQ(print, SecretPrint(key, {{"A", "1", false}}));
  EXPECT_NE(print, SecretPrint(other, {{"A", "1", true}}));
  EXPECT_NE(print, SecretPrint(key, {{"A", "2", true}}));
  EXPECT_NE(SecretPrint(key, {{"A", "1", true}, {"B", "", true}}),
            SecretPrint(key, {{"A", "", true}, {"B", "1", true}}));
  EXPECT_EQ(SecretPrint(key, {}), "");
  EXPECT_NE(FreshKey(), FreshKey());
}

}  // namespace
}  // namespace ns::engine
