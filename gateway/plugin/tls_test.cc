// Connections with TLS that no request comes on, whose memory the address sanitizer sees, and the
// end of those that have a stream; the rest of TLS is shown by the conformance suite.
#include <cstdlib>
#include <fstream>

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

// Its end may come with bytes of TLS before it.
TEST_F(TlsTest, ClientOfAStreamThatCloses_EndsIt) {
  settings_.http.idle_time = 10s;
  const std::string method = kService + "GetBuildLogStream";
  host_.silent_method = method.substr(1);
  Start();
  std::ofstream(folder_ + "/request")
      << Post(method, std::string("\0\0\0\0\2{}", 7), "application/connect+json");
  const std::string ask = "cd " + folder_ +
                          " && (cat request; sleep 0.5) | openssl s_client -connect 127.0.0.1:" +
                          std::to_string(port_) + " >log 2>&1";
  EXPECT_EQ(std::system(ask.c_str()), 0);
  EXPECT_EQ(host_.asked().size(), 1u);
  EXPECT_TRUE(host_.WaitCancelled(1));
}

}  // namespace
}  // namespace ns::gateway
