// A builder of today at a controller of before the builders were asked what fits a source.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "link/builder_wire.h"
#include "link/remote_desk.h"
#include "link/testing/link_world.h"
#include "neoshowcase/link/v1/builders.grpc.pb.h"

namespace ns::link {
namespace {

using namespace std::chrono_literals;

// Speaks version 1: what came later is no message to it, and ends the stream.
class OldController final : public wire::Builders::Service {
 public:
  grpc::Status Attach(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<wire::ControllerMessage, wire::BuilderMessage>* stream) override {
    wire::BuilderMessage message;
    while (stream->Read(&message)) {
      wire::ControllerMessage answer;
      answer.set_request(message.request());
      if (message.has_hello()) {
        ++hellos;
        answer.mutable_welcome()->set_version(std::min(message.hello().max_version(), 1u));
      } else if (message.has_list_claims()) {
        answer.mutable_claims();
      } else if (message.has_heartbeat()) {
        continue;
      } else {
        ++unknown;
        return {grpc::StatusCode::INVALID_ARGUMENT, "its kind is unknown"};
      }
      stream->Write(answer);
    }
    return grpc::Status::OK;
  }

  std::atomic<int> hellos = 0, unknown = 0;
};

TEST(OldController, IsNotAskedForQuestionsAndStaysConnected) {
  char folder[] = "/tmp/ns-old-controller-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  const std::string address = "unix:" + std::string(folder) + "/link.sock";
  OldController controller;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterService(&controller);
  const auto server = builder.BuildAndStart();
  {
    RemoteDeskOptions options;
    options.connect = {address};
    options.process = std::string(22, 'a');
    options.state = [] { return model::Host(); };
    options.look = [] {};
    RemoteDesk desk(options, SystemRandom(), SystemClock());
    const std::jthread line([&](const std::stop_token& stop) { desk.Run(stop); });
    testing::Until("connected", [&] { return desk.connected(); });
    for (int i = 0; i < 3; ++i) {
      const auto order = desk.TakeDetection({});
      ASSERT_TRUE(order.ok()) << order.status().ToString();
      EXPECT_FALSE(order->has_value());
      EXPECT_TRUE(desk.Claimed({}).ok()) << "claims are told all the same";
    }
  }
  server->Shutdown();
  EXPECT_EQ(controller.hellos, 1) << "one connection";
  EXPECT_EQ(controller.unknown, 0);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace ns::link
