// A server that cannot begin says so, and why.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include "testing/edge_test.h"

namespace ns::gateway {
namespace {

using testing::HasSubstr;

class StartTest : public EdgeTest {};

TEST_F(StartTest, OperationsAddressThatIsNotListenedOn_IsRefused) {
  settings_.operations = {"127.0.0.1:nowhere"};
  EXPECT_THROW(Start(), sdk::Error);
}

// The host would take it for one that serves.
TEST_F(StartTest, WithoutDescriptorsToAcceptWith_DoesNotStart) {
  Server server(sdk::Host(host_.raw()), settings_);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{3, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  try {
    server.Listen({{tcp_, "127.0.0.1"}});
    ADD_FAILURE() << "it says that it accepts";
  } catch (const sdk::Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("Too many open files"));
  }
  EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_FALSE(server.Serving());
}

TEST_F(StartTest, HostWithoutApi_IsSaid) {
  EXPECT_THROW(Server(sdk::Host(), settings_), sdk::Error);
}

}  // namespace
}  // namespace ns::gateway
