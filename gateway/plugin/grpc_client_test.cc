// The stock client of gRPC in C++, over h2c.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/sync_stream.h>

#include <map>

#include "google/rpc/status.pb.h"
#include "testing/edge_test.h"

namespace ns::gateway {
namespace {

namespace api = neoshowcase::protobuf;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Pair;

class GrpcClientTest : public EdgeTest {
 protected:
  void Open() {
    Start();
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port_),
                                         grpc::InsecureChannelCredentials(), arguments);
  }

  template <class Out, class In>
  grpc::Status Call(grpc::ClientContext& context, const std::string& method, const In& in,
                    Out& out) {
    return grpc::internal::BlockingUnaryCall(
        channel_.get(),
        grpc::internal::RpcMethod((kService + method).c_str(),
                                  grpc::internal::RpcMethod::NORMAL_RPC, channel_),
        &context, in, &out);
  }

  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(GrpcClientTest, UnaryCall_WithMetadataBothWays) {
  host_.handler = [](const Asked& asked) {
    api::ApplicationIdRequest in;
    EXPECT_TRUE(in.ParseFromString(asked.message));
    EXPECT_EQ(asked.headers.at("x-asked"), "1");
    api::Application out;
    out.set_id(in.id());
    Told told{out.SerializeAsString(), {}, 0, ""};
    told.leading = {{"x-leading", "2"}};
    told.trailing = {{"x-trailing", "3"}};
    return told;
  };
  Open();
  grpc::ClientContext context;
  context.AddMetadata("x-asked", "1");
  api::ApplicationIdRequest in;
  in.set_id("a");
  api::Application out;
  const grpc::Status status = Call(context, "GetApplication", in, out);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(out.id(), "a");
  EXPECT_THAT(context.GetServerInitialMetadata(), testing::Contains(Pair("x-leading", "2")));
  EXPECT_THAT(context.GetServerTrailingMetadata(), testing::Contains(Pair("x-trailing", "3")));
}

TEST_F(GrpcClientTest, PackedCallsOfEverySize) {
  host_.handler = [](const Asked& asked) {
    api::ApplicationIdRequest in;
    EXPECT_TRUE(in.ParseFromString(asked.message));
    api::Application out;
    out.set_name(in.id());
    return Told{out.SerializeAsString(), {}, 0, ""};
  };
  Open();
  for (const size_t size : {0, 1, 1000, 16'384, 70'000, 1'000'000, 3'000'000}) {
    for (const auto packing : {GRPC_COMPRESS_NONE, GRPC_COMPRESS_GZIP}) {
      grpc::ClientContext context;
      context.set_compression_algorithm(packing);
      api::ApplicationIdRequest in;
      in.set_id(std::string(size, 'x'));
      api::Application out;
      const grpc::Status status = Call(context, "GetApplication", in, out);
      ASSERT_TRUE(status.ok()) << size << " " << status.error_message();
      EXPECT_EQ(out.name(), in.id());
    }
  }
}

TEST_F(GrpcClientTest, Failure_HasCodeMessageAndDetails) {
  host_.handler = [](const Asked&) -> Told {
    google::rpc::Status status;
    status.set_code(5);
    status.set_message("There is no ä.");
    status.add_details()->set_type_url("type.googleapis.com/a.B");
    return {"",
            sdk::Error(NS_E_NOT_FOUND, "NotFound", "There is no ä.")
                .SetDetails(status.SerializeAsString()),
            0, ""};
  };
  Open();
  grpc::ClientContext context;
  api::Application out;
  const grpc::Status status = Call(context, "GetApplication", api::ApplicationIdRequest(), out);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "There is no ä.");
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  ASSERT_EQ(details.details_size(), 1);
  EXPECT_EQ(details.details(0).type_url(), "type.googleapis.com/a.B");
}

TEST_F(GrpcClientTest, FailureWithMuchToTell_IsUnderstood) {
  host_.handler = [](const Asked&) -> Told {
    const std::string message(100'000, 'm');
    google::rpc::Status status;
    status.add_details()->set_type_url("type.googleapis.com/a.Large");
    status.mutable_details(0)->set_value(message);
    status.add_details()->set_type_url("type.googleapis.com/a.Small");
    return {"", sdk::Error(NS_E_INVALID, "Invalid", message).SetDetails(status.SerializeAsString()),
            0, ""};
  };
  Open();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 5s);
  api::Application out;
  const grpc::Status status = Call(context, "GetApplication", api::ApplicationIdRequest(), out);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), std::string(1024, 'm') + "...");
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  ASSERT_EQ(details.details_size(), 1);
  EXPECT_EQ(details.details(0).type_url(), "type.googleapis.com/a.Small");
}

// What no frame can hold.
TEST_F(GrpcClientTest, AnswerWithFarTooLongMetadata_Ends) {
  host_.handler = [](const Asked& asked) {
    const sdk::Metadata metadata = {{"x-long", std::string(70'000, 'x')}};
    Told told{"", {}, 0, ""};
    (asked.headers.contains("x-leading") ? told.leading : told.trailing) = metadata;
    return told;
  };
  Open();
  for (const char* const where : {"x-leading", "x-trailing"}) {
    grpc::ClientContext context;
    context.AddMetadata(where, "1");
    context.set_deadline(std::chrono::system_clock::now() + 5s);
    api::Application out;
    EXPECT_EQ(Call(context, "GetApplication", api::ApplicationIdRequest(), out).error_code(),
              grpc::StatusCode::INTERNAL)
        << where;
  }
}

TEST_F(GrpcClientTest, UnknownMethod_IsUnimplemented) {
  Open();
  grpc::ClientContext context;
  api::Application out;
  EXPECT_EQ(Call(context, "Nope", api::ApplicationIdRequest(), out).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(GrpcClientTest, Deadline_IsKeptByEitherSide) {
  host_.silent_method = kService.substr(1) + "GetApplication";
  Open();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 100ms);
  api::Application out;
  EXPECT_EQ(Call(context, "GetApplication", api::ApplicationIdRequest(), out).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(host_.WaitCancelled(1));
}

TEST_F(GrpcClientTest, ServerStream_ComesWholeAndInOrder) {
  host_.handler = [](const Asked&) {
    Told told;
    for (int i = 0; i < 5000; ++i) {
      api::BuildLog log;
      log.set_log(std::to_string(i) + std::string(200, '.'));
      told.more.push_back(log.SerializeAsString());
    }
    return told;
  };
  Open();
  grpc::ClientContext context;
  const grpc::internal::RpcMethod method((kService + "GetBuildLogStream").c_str(),
                                         grpc::internal::RpcMethod::SERVER_STREAMING, channel_);
  const std::unique_ptr<grpc::ClientReader<api::BuildLog>> reader(
      grpc::internal::ClientReaderFactory<api::BuildLog>::Create(channel_.get(), method, &context,
                                                                 api::BuildIdRequest()));
  api::BuildLog log;
  int count = 0;
  while (reader->Read(&log)) {
    ASSERT_TRUE(log.log().starts_with(std::to_string(count) + ".")) << log.log();
    ++count;
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(count, 5000);
}

TEST_F(GrpcClientTest, ManyCallsAtOnceOnOneConnection) {
  host_.handler = [](const Asked& asked) {
    api::ApplicationIdRequest in;
    EXPECT_TRUE(in.ParseFromString(asked.message));
    api::Application out;
    out.set_id(in.id());
    return Told{out.SerializeAsString(), {}, 0, ""};
  };
  Open();
  std::vector<std::jthread> callers;
  std::atomic<int> right = 0;
  for (int caller = 0; caller < 8; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 100; ++i) {
        grpc::ClientContext context;
        api::ApplicationIdRequest in;
        in.set_id(std::to_string(caller * 1000 + i));
        api::Application out;
        right += Call(context, "GetApplication", in, out).ok() && out.id() == in.id();
      }
    });
  }
  callers.clear();
  EXPECT_EQ(right, 800);
}

}  // namespace
}  // namespace ns::gateway
