// Connections with TLS that no request comes on. What they touch when they are closed is seen by
// the address sanitizer; the rest of TLS is shown by the conformance suite.
#include <cstdlib>

#include "testing/edge_test.h"

namespace ns::gateway {
namespace {

using namespace std::chrono_literals;

class TlsTest : public EdgeTest {
 protected:
  TlsTest() : folder_(path_ + "-tls") {
    std::filesystem::create_directories(folder_);
    const std::string make =
        "cd " + folder_ +
        " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "
        "/CN=localhost -keyout key.pem -out cert.pem >log 2>&1";
    EXPECT_EQ(std::system(make.c_str()), 0);
    settings_.tls = http::TlsFiles{folder_ + "/cert.pem", folder_ + "/key.pem"};
    settings_.http.idle_time = 50ms;
  }
  ~TlsTest() override { std::filesystem::remove_all(folder_); }

  const std::string folder_;
};

TEST_F(TlsTest, ConnectionWithoutAHandshake_IsClosed) {
  Start();
  RawClient client(port_);
  EXPECT_EQ(client.Rest(), "");
}

TEST_F(TlsTest, ConnectionWithoutARequest_IsClosedByTheEndOfTheServer) {
  settings_.http.idle_time = 1h;
  Start();
  RawClient client(port_);
  server_->Drain(sdk::Call());
  EXPECT_EQ(client.Rest(), "");
}

}  // namespace
}  // namespace ns::gateway
