// Every tenth of the hostile values on PostgreSQL: what the store in memory keeps, it keeps.
#include <gtest/gtest.h>

#include "api/testing/hostile_sender.h"
#include "gateway.h"

namespace ns::api {
namespace {

TEST(HostileSample, IsAnsweredAsOnTheStoreInMemory) {
  Gateway gateway(store::testing::Postgres().NewDatabase());
  hostile::Sender sender([&](const std::string& method, const std::string& request) {
    const size_t name = method.find('/') + 1;
    return gateway.Invoke("alice", method.substr(name), request, "", method.substr(0, name));
  });
  const auto state = [&] {
    std::string text;
    const auto apps = gateway.store().apps.List();
    for (const auto& app : *apps) text += app.id.str() + app.name + app.ref;
    const auto repositories = gateway.store().repositories.List();
    for (const auto& repository : *repositories) text += repository.id.str();
    return text;
  };
  const auto values = hostile::ReadValues();
  int sent = 0;
  for (size_t i = 0; i < values.size(); i += 10, ++sent) {
    hostile::Check(sender, values[i], state);
    if (testing::Test::HasFatalFailure()) return;
  }
  EXPECT_GE(sent, 200);
}

}  // namespace
}  // namespace ns::api
