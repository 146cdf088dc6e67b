#include "rpc/schema.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "neoshowcase/protobuf/api.pb.h"
#include "proto/descriptors.h"

namespace ns::gateway::rpc {
namespace {

namespace api = neoshowcase::protobuf;

const Schema& TheSchema() {
  static const Schema schema(ns::proto::DescriptorSet());
  return schema;
}

const std::string kCreate = "neoshowcase.protobuf.CreateApplicationRequest";

bool IsInvalid(const Converted& converted) {
  const Problem* problem = std::get_if<Problem>(&converted);
  return problem && problem->code == NS_E_INVALID &&
         problem->message.find(kCreate) != std::string::npos;
}

TEST(SchemaTest, Methods_AreFoundByTheirFullName) {
  const auto get = TheSchema().Find("neoshowcase.protobuf.APIService/GetApplication");
  ASSERT_TRUE(get);
  EXPECT_EQ(get->request_type, "neoshowcase.protobuf.ApplicationIdRequest");
  EXPECT_TRUE(get->side_effect_free);
  EXPECT_FALSE(get->server_streaming);
  EXPECT_FALSE(
      TheSchema().Find("neoshowcase.protobuf.APIService/StopApplication")->side_effect_free);
  EXPECT_TRUE(
      TheSchema().Find("neoshowcase.protobuf.APIService/GetOutputStream")->server_streaming);
  for (const char* none : {"", "/", "GetApplication", "neoshowcase.protobuf.APIService/",
                           "neoshowcase.protobuf.APIService/Nope", "a/b/c"})
    EXPECT_FALSE(TheSchema().Find(none)) << none;
}

TEST(SchemaTest, Json_GoesBothWays) {
  const auto wire = TheSchema().FromJson(kCreate, R"(
    {"name": "a", "repositoryId": "r", "config": {"runtimeDockerfile": {"dockerfileName": "D"}},
     "websites": [{"fqdn": "x.test", "httpPort": 80, "authentication": "HARD"}], "start_on_create": true})");
  ASSERT_TRUE(std::holds_alternative<std::string>(wire));
  api::CreateApplicationRequest request;
  ASSERT_TRUE(request.ParseFromString(std::get<std::string>(wire)));
  EXPECT_EQ(request.websites(0).authentication(), api::HARD);
  EXPECT_TRUE(request.start_on_create());
  const auto json = TheSchema().ToJson(kCreate, request.SerializeAsString());
  EXPECT_EQ(
      std::get<std::string>(json),
      R"({"name":"a","repositoryId":"r","config":{"runtimeDockerfile":{"dockerfileName":"D"}},)"
      R"("websites":[{"fqdn":"x.test","httpPort":80,"authentication":"HARD"}],"startOnCreate":true})");
}

TEST(SchemaTest, JsonThatIsNone_IsTheClientsMistake) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"config\": ";
  for (const std::string& wrong :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string("7"),
        std::string("{\"name\": 7, }{"), std::string("{\"nope\": 1}"),
        std::string("{\"name\": \"\xff\xfe\"}"),
        std::string("{\"websites\": [{\"authentication\": \"MAYBE\"}]}"),
        std::string("{\"config\": {\"runtimeCmd\": {}, \"runtimeDockerfile\": {}}}"),
        std::string(100, '\0'), std::string("{\"websites\": 3}"), deep}) {
    EXPECT_TRUE(IsInvalid(TheSchema().FromJson(kCreate, wrong))) << wrong.substr(0, 60);
  }
}

TEST(SchemaTest, DetailsOfAFailure_ComeWithTheirJson) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(2);
  retry.mutable_retry_delay()->set_nanos(500'000'000);
  google::rpc::Status status;
  status.add_details()->PackFrom(retry);
  status.add_details()->set_type_url("type.googleapis.com/a.B");
  const auto details = TheSchema().Details(status.SerializeAsString());
  ASSERT_EQ(details.size(), 2u);
  EXPECT_EQ(details[0].type, "google.rpc.RetryInfo");
  EXPECT_EQ(details[0].value, retry.SerializeAsString());
  EXPECT_EQ(details[0].debug, R"({"retryDelay":"2.500s"})");
  EXPECT_EQ(details[1].type, "a.B");
  EXPECT_EQ(details[1].debug, "") << "nobody knows the type";
}

TEST(SchemaTest, AnswerOfAnUnknownType_IsOurFault) {
  const auto json = TheSchema().ToJson("nope.Nope", "");
  ASSERT_TRUE(std::holds_alternative<Problem>(json));
  EXPECT_EQ(std::get<Problem>(json).code, NS_E_INTERNAL);
}

TEST(SchemaTest, DescriptorsThatCannotBeUsed_AreRefused) {
  EXPECT_THROW(Schema("\xff\xff"), std::invalid_argument);
  EXPECT_THROW(Schema("\x0a\x0c\x0a\x01"
                      "a\x1a\x07missing"),
               std::invalid_argument);  // imports a file that is not there
}

}  // namespace
}  // namespace ns::gateway::rpc
