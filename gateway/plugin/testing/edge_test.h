// A server over real sockets, with a host of functions behind it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "neoshowcase/protobuf/api.pb.h"
#include "proto/descriptors.h"
#include "server.h"
#include "testing/fake_host.h"
#include "testing/raw_client.h"

namespace ns::gateway {

inline const std::string kService = "/neoshowcase.protobuf.APIService/";

inline std::string Post(const std::string& path, const std::string& body,
                        const std::string& type = "application/json",
                        const std::string& more = "") {
  return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: " + type + "\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline std::string BodyOf(const std::string& response) {
  const size_t end = response.find("\r\n\r\n");
  return end == std::string::npos ? "" : response.substr(end + 4);
}

class EdgeTest : public testing::Test {
 protected:
  EdgeTest() : host_(ns::proto::DescriptorSet()) {
    settings_.threads = 2;
    settings_.grace = std::chrono::milliseconds(10);
    path_ =
        (std::filesystem::temp_directory_path() / ("ns-gateway-test-" + std::to_string(getpid())))
            .string();
    std::filesystem::remove(path_);
    tcp_ = ListenOnLoopback(port_);
    unix_ = ListenOnPath(path_);
    operations_ = ListenOnLoopback(operations_port_);
  }
  ~EdgeTest() override {
    server_.reset();
    close(tcp_);
    close(unix_);
    close(operations_);
    std::filesystem::remove(path_);
  }

  void Start() {
    server_ = std::make_unique<Server>(sdk::Host(host_.raw()), settings_);
    std::vector<sdk::Listener> listeners = {{tcp_, "127.0.0.1"}, {unix_, "unix:" + path_}};
    if (!settings_.operations.empty()) listeners.push_back({operations_, kOperations});
    server_->Listen(listeners);
  }
  std::string Once(const std::string& request) { return Once(request, port_); }
  std::string Once(const std::string& request, int port) {
    RawClient client(port);
    EXPECT_TRUE(client.Send(request));
    return client.Response();
  }

  FakeHost host_;
  Settings settings_;
  std::string path_;
  int port_ = 0, tcp_ = -1, unix_ = -1;
  // For operators, where the settings name it.
  static constexpr const char* kOperations = "127.0.0.1:operations";
  int operations_port_ = 0, operations_ = -1;
  std::unique_ptr<Server> server_;
};

}  // namespace ns::gateway
