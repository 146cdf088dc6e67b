// The whole edge over real sockets, with a host of functions behind it.
#include <gmock/gmock.h>
#include <google/protobuf/any.pb.h>

#include "testing/edge_test.h"

namespace ns::gateway {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
namespace api = neoshowcase::protobuf;
using namespace std::chrono_literals;

// Gives applications by their id; "gone" is not found.
Told Answer(const Asked& asked) {
  if (asked.method.starts_with("POST ") || asked.method.starts_with("GET "))
    return {"raw " + asked.message, {}, 202, "text/plain"};
  api::ApplicationIdRequest request;
  if (!request.ParseFromString(asked.message))
    return {"", sdk::Error(NS_E_INVALID, "Malformed", "The message is malformed."), 0, ""};
  if (request.id() == "gone")
    return {"", sdk::Error(NS_E_NOT_FOUND, "NotFound", "There is no application gone."), 0, ""};
  if (request.id() == "big") return {std::string(5000, 'x'), {}, 0, ""};
  api::Application app;
  app.set_id(request.id());
  app.set_name("name of " + request.id());
  return {app.SerializeAsString(), {}, 0, ""};
}

class ServerTest : public EdgeTest {
 protected:
  ServerTest() {
    host_.handler = Answer;
    settings_.http.header_bytes = 4096;
    settings_.http.body_bytes = 2000;
    settings_.answer_bytes = 4000;
  }

  std::string Get(const std::string& id) {
    return Once(Post(kService + "GetApplication", "{\"id\":\"" + id + "\"}"));
  }
};

TEST_F(ServerTest, JsonCall_IsTranscodedBothWays) {
  Start();
  const std::string response = Get("a");
  EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(response, HasSubstr("content-type: application/json\r\n"));
  EXPECT_EQ(BodyOf(response), R"({"id":"a","name":"name of a"})");
  ASSERT_EQ(host_.asked().size(), 1u);
  EXPECT_EQ(host_.asked()[0].method, "neoshowcase.protobuf.APIService/GetApplication");
}

TEST_F(ServerTest, BinaryCall_PassesThrough) {
  Start();
  api::ApplicationIdRequest request;
  request.set_id("b");
  const std::string response =
      Once(Post(kService + "GetApplication", request.SerializeAsString(), "application/proto"));
  EXPECT_THAT(response, HasSubstr("content-type: application/proto\r\n"));
  api::Application app;
  ASSERT_TRUE(app.ParseFromString(BodyOf(response)));
  EXPECT_EQ(app.name(), "name of b");
}

TEST_F(ServerTest, Failure_IsAnErrorWithItsDetails) {
  host_.handler = [](const Asked&) -> Told {
    google::protobuf::Any detail;
    detail.set_type_url("type.googleapis.com/google.rpc.BadRequest");
    detail.set_value("\x0a\x06\x0a\x04name");  // field_violations { field: "name" }
    const std::string bytes = detail.SerializeAsString();
    const std::string status = std::string("\x1a") + static_cast<char>(bytes.size()) +
                               bytes;  // google.rpc.Status { details }
    return {"", sdk::Error(NS_E_INVALID, "Invalid", "name: must not be empty").SetDetails(status),
            0, ""};
  };
  Start();
  const std::string response = Get("a");
  EXPECT_THAT(response, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(BodyOf(response),
              HasSubstr(R"("code":"invalid_argument","message":"name: must not be empty")"));
  EXPECT_THAT(BodyOf(response), HasSubstr(R"("type":"google.rpc.BadRequest")"));
  EXPECT_THAT(BodyOf(response), HasSubstr(R"("debug":{"fieldViolations":[{"field":"name"}]})"));
}

TEST_F(ServerTest, Peer_IsToldByTheKernel) {
  Start();
  RawClient local(path_);
  local.Send(
      Post(kService + "GetApplication", "{}", "application/json", "X-Forwarded-User: alice\r\n"));
  local.Response();
  Get("a");
  const auto asked = host_.asked();
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_TRUE(asked[0].has_credentials);
  EXPECT_EQ(asked[0].uid, getuid());
  EXPECT_EQ(asked[0].address, "");
  EXPECT_EQ(asked[0].headers.at("x-forwarded-user"), "alice");
  EXPECT_FALSE(asked[1].has_credentials);
  EXPECT_EQ(asked[1].address, "127.0.0.1");
}

TEST_F(ServerTest, ManyRequestsInOnePiece_AreAnsweredInOrder) {
  Start();
  std::string all;
  for (int i = 0; i < 20; ++i)
    all += Post(kService + "GetApplication", "{\"id\":\"" + std::to_string(i) + "\"}");
  RawClient client(port_);
  client.Send(all);
  for (int i = 0; i < 20; ++i)
    EXPECT_THAT(BodyOf(client.Response()), HasSubstr("name of " + std::to_string(i)));
}

TEST_F(ServerTest, RequestByteByByte_IsUnderstood) {
  Start();
  RawClient client(port_);
  for (const char byte : Post(kService + "GetApplication", "{\"id\":\"slow\"}"))
    ASSERT_TRUE(client.Send(std::string(1, byte)));
  EXPECT_THAT(BodyOf(client.Response()), HasSubstr("name of slow"));
}

TEST_F(ServerTest, ChunkedBody_IsUnderstood) {
  Start();
  const std::string head = "POST " + kService +
                           "GetApplication HTTP/1.1\r\nHost: x\r\nContent-Type: "
                           "application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_THAT(BodyOf(Once(head + "5\r\n{\"id\"\r\n5\r\n:\"c\"}\r\n0\r\n\r\n")),
              HasSubstr("name of c"));
}

TEST_F(ServerTest, HalfClosedClient_GetsItsAnswer) {
  Start();
  RawClient client(port_);
  client.Send(Post(kService + "GetApplication", "{\"id\":\"half\"}"));
  client.HalfClose();
  EXPECT_THAT(client.Rest(), HasSubstr("name of half"));
}

TEST_F(ServerTest, HalfClosedClient_GetsAnAnswerThatTakesTime) {
  host_.silent_method = "neoshowcase.protobuf.APIService/GetMe";
  Start();
  RawClient client(port_);
  client.Send(Post(kService + "GetMe", "{}", "application/json", "Connect-Timeout-Ms: 300\r\n"));
  client.HalfClose();
  EXPECT_THAT(client.Rest(), StartsWith("HTTP/1.1 504 "));
}

TEST_F(ServerTest, ExpectContinue_IsGranted) {
  Start();
  RawClient client(port_);
  const std::string request = Post(kService + "GetApplication", "{\"id\":\"e\"}",
                                   "application/json", "Expect: 100-continue\r\n");
  const size_t body = request.find("\r\n\r\n") + 4;
  client.Send(request.substr(0, body));
  EXPECT_EQ(client.Response(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send(request.substr(body));
  EXPECT_THAT(BodyOf(client.Response()), HasSubstr("name of e"));
}

TEST_F(ServerTest, Get_IsForMethodsWithoutSideEffects) {
  Start();
  EXPECT_THAT(BodyOf(Once("GET " + kService +
                          "GetApplication?connect=v1&encoding=json&message=%7B%22id%22%3A%22g%22%"
                          "7D HTTP/1.1\r\nHost: x\r\n\r\n")),
              HasSubstr("name of g"));
  EXPECT_THAT(BodyOf(Once("GET " + kService +
                          "GetApplication?encoding=json&base64=1&message=eyJpZCI6ImgifQ "
                          "HTTP/1.1\r\nHost: x\r\n\r\n")),
              HasSubstr("name of h"));
  EXPECT_THAT(Once("GET " + kService +
                   "StopApplication?encoding=json&message=%7B%7D HTTP/1.1\r\nHost: x\r\n\r\n"),
              testing::AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("allow: POST\r\n")));
  EXPECT_THAT(Once("GET " + kService + "GetApplication HTTP/1.1\r\nHost: x\r\n\r\n"),
              StartsWith("HTTP/1.1 415 "));
  EXPECT_THAT(Once("OPTIONS " + kService + "GetApplication HTTP/1.1\r\nHost: x\r\n\r\n"),
              StartsWith("HTTP/1.1 405 "));
}

TEST_F(ServerTest, TargetThatIsAUrl_IsServed) {
  Start();
  EXPECT_THAT(Once(Post("http://named.test" + kService + "GetApplication", "{\"id\":\"u\"}")),
              HasSubstr("name of u"));
  EXPECT_EQ(host_.asked().at(0).headers.at("host"), "named.test");
}

TEST_F(ServerTest, WhatIsNotServed_IsSaidPlainly) {
  Start();
  struct Case {
    std::string request, status, words;
  };
  const std::string path = kService + "GetApplication";
  for (const Case& one : {
           Case{Post(kService + "Nope", "{}"), "404", "unimplemented"},
           Case{Post("/nowhere", "{}"), "404", "no method"},
           Case{Post(kService + "GetOutputStream", "{}"), "415", "application/connect+json"},
           Case{Post(path, "{}", "application/connect+json"), "415", "application/proto"},
           Case{Post(path, "{}", "application/grpc"), "505", "HTTP/2"},
           Case{Post(path, "{}", "text/plain"), "415", "text/plain"},
           Case{Post(path, "{"), "400", "invalid_argument"},
           Case{Post(path, "\xff\xfe", "application/proto"), "400", "invalid_argument"},
           Case{Post(path, "{}", "application/json", "Content-Encoding: gzip\r\n"), "400", "gzip"},
           Case{Post(path, "{}", "application/json", "Content-Encoding: br\r\n"), "501", "gzip"},
           Case{Post(path, "{}", "application/json", "Connect-Timeout-Ms: soon\r\n"), "400",
                "Connect-Timeout-Ms"},
           Case{Post(path, "{}", "application/json", "Connect-Protocol-Version: 2\r\n"), "400",
                "Connect-Protocol-Version"},
           Case{Post(path, std::string(2001, ' ')), "413", "2000"},
           Case{"POST " + path + " HTTP/1.1\r\n\r\n", "400", "Host"},
           Case{"GET / HTTP/9.9\r\n\r\n", "400", "HTTP"},
           Case{std::string(64, '\0') + "\r\n\r\n", "400", "HTTP"},
           Case{"POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400",
                "HTTP"},
           Case{"POST " + path +
                    " HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: "
                    "chunked\r\n\r\nabc",
                "400", "HTTP"},
           Case{"GET /" + std::string(5000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", "431", "4096"},
           Case{"GET / HTTP/1.1\r\nHost: x\r\n" + std::string(5000, 'a'), "431", "4096"},
           Case{"PRI * HTTP/2.0\r\n\r\nSM\r\n\rX", "400", "HTTP"},
       }) {
    const std::string response = Once(one.request);
    EXPECT_THAT(response, StartsWith("HTTP/1.1 " + one.status + " ")) << one.request.substr(0, 100);
    EXPECT_THAT(BodyOf(response), HasSubstr(one.words));
    const bool of_http = one.status == "415" || one.status == "405" || one.status == "505";
    EXPECT_EQ(BodyOf(response).starts_with("{\"code\":"), !of_http) << BodyOf(response);
  }
  EXPECT_THAT(Get("after"), HasSubstr("name of after"));
}

TEST_F(ServerTest, BodyFarBeyondTheLimit_IsRefusedWithoutReset) {
  Start();
  RawClient client(path_);
  EXPECT_TRUE(client.Send(Post("/api/webhook/gitea", std::string(3 << 20, 'x'))));
  EXPECT_THAT(client.Response(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(ServerTest, ChunksBeyondTheLimit_AreRefused) {
  Start();
  RawClient client(port_);
  client.Send("POST " + kService +
              "GetApplication HTTP/1.1\r\nHost: x\r\nContent-Type: "
              "application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 5; ++i) client.Send("200\r\n" + std::string(0x200, ' ') + "\r\n");
  EXPECT_THAT(client.Response(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(ServerTest, RawEntry_IsHandedOverAsItIs) {
  Start();
  const std::string response = Once(Post("/api/webhook/gitea?x=1", "payload", "text/plain"));
  EXPECT_THAT(response, StartsWith("HTTP/1.1 202 "));
  EXPECT_THAT(response, HasSubstr("content-type: text/plain\r\n"));
  EXPECT_EQ(BodyOf(response), "raw payload");
  EXPECT_EQ(host_.asked().at(0).method, "POST /api/webhook/gitea");
  EXPECT_THAT(Once("GET /api/webhook/gitea HTTP/1.1\r\nHost: x\r\n\r\n"),
              StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(Once(Post("/api/webhook/gitea", std::string(1001, 'x'))),
              StartsWith("HTTP/1.1 413 "));
}

// Whatever the operations' address is for, strangers do not come to it by another.
TEST_F(ServerTest, EntriesOfOperators_AreOnTheirOwnAddressAndTheUnixSocketAlone) {
  settings_.operations = {kOperations};
  Start();
  const std::string health = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_THAT(Once(health, operations_port_), StartsWith("HTTP/1.1 202 "));
  EXPECT_THAT(Once(health), StartsWith("HTTP/1.1 404 "));
  RawClient local(path_);
  EXPECT_TRUE(local.Send(health));
  EXPECT_THAT(local.Response(), StartsWith("HTTP/1.1 202 "));
  for (const std::string& path : {std::string("/api/webhook/gitea"), kService + "GetApplication"})
    EXPECT_THAT(Once(Post(path, "{}"), operations_port_), StartsWith("HTTP/1.1 404 ")) << path;
  EXPECT_THAT(Once(Post("/api/webhook/gitea", "{}")), StartsWith("HTTP/1.1 202 "));
  EXPECT_THAT(Get("still"), HasSubstr("name of still"));
}

TEST_F(ServerTest, AnswerBeyondTheLimit_IsAnError) {
  Start();
  EXPECT_THAT(Get("big"), StartsWith("HTTP/1.1 429 "));
}

TEST_F(ServerTest, Timeout_BecomesADeadline) {
  Start();
  const auto before = std::chrono::steady_clock::now();
  Once(Post(kService + "GetApplication", "{}", "application/json", "Connect-Timeout-Ms: 5000\r\n"));
  const auto after = std::chrono::steady_clock::now();
  const std::chrono::steady_clock::time_point deadline{
      std::chrono::nanoseconds(host_.asked().at(0).deadline_ns)};
  EXPECT_GE(deadline, before + 5s);
  EXPECT_LE(deadline, after + 5s);
}

TEST_F(ServerTest, HostThatNeverAnswers_IsGivenUp) {
  host_.silent_method = "neoshowcase.protobuf.APIService/GetMe";
  Start();
  EXPECT_THAT(
      Once(Post(kService + "GetMe", "{}", "application/json", "Connect-Timeout-Ms: 10\r\n")),
      testing::AllOf(StartsWith("HTTP/1.1 504 "), HasSubstr("deadline_exceeded")));
  EXPECT_TRUE(host_.WaitCancelled(1));
}

TEST_F(ServerTest, ClientThatIsGone_CancelsItsCall) {
  host_.silent_method = "neoshowcase.protobuf.APIService/GetMe";
  Start();
  {
    RawClient reset(port_);
    reset.Send(Post(kService + "GetMe", "{}"));
    ASSERT_TRUE(host_.WaitAsked(1));
    reset.Reset();
  }
  EXPECT_TRUE(host_.WaitCancelled(1));
  {
    RawClient closed(path_);
    closed.Send(Post(kService + "GetMe", "{}"));
    ASSERT_TRUE(host_.WaitAsked(2));
  }
  EXPECT_TRUE(host_.WaitCancelled(2));
}

TEST_F(ServerTest, SlowHead_IsCutOff) {
  settings_.http.header_time = 50ms;
  Start();
  RawClient client(port_);
  client.Send("POST / HTTP/1.1\r\n");
  EXPECT_EQ(client.Rest(), "");
}

TEST_F(ServerTest, SlowBody_IsCutOff) {
  settings_.http.body_time = 50ms;
  Start();
  RawClient client(port_);
  client.Send("POST " + kService +
              "GetApplication HTTP/1.1\r\nHost: x\r\nContent-Type: "
              "application/json\r\nContent-Length: 10\r\n\r\n{");
  EXPECT_EQ(client.Rest(), "");
  EXPECT_TRUE(host_.asked().empty());
}

TEST_F(ServerTest, IdleConnection_IsClosed) {
  settings_.http.idle_time = 50ms;
  Start();
  RawClient client(port_);
  client.Send(Post(kService + "GetApplication", "{}"));
  EXPECT_THAT(client.Rest(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, ConnectionsBeyondTheLimit_WaitForTheirTurn) {
  settings_.http.connections = 2;
  Start();
  auto first = std::make_unique<RawClient>(port_), second = std::make_unique<RawClient>(port_);
  for (const auto& client : {first.get(), second.get()}) {
    client->Send(Post(kService + "GetApplication", "{}"));
    client->Response();
  }
  RawClient third(port_), local(path_);
  third.Send(Post(kService + "GetApplication", "{\"id\":\"3\"}"));
  local.Send(Post(kService + "GetApplication", "{\"id\":\"l\"}"));
  EXPECT_THAT(local.Response(), HasSubstr("name of l"));  // another socket has its own
  EXPECT_EQ(host_.asked().size(), 3u);
  first.reset();
  EXPECT_THAT(third.Response(), HasSubstr("name of 3"));
}

TEST_F(ServerTest, Drain_EndsWhatIsIdleAndAnswersWhatIsUnderWay) {
  host_.silent_method = "neoshowcase.protobuf.APIService/GetMe";
  Start();
  RawClient idle(port_), busy(port_);
  idle.Send(Post(kService + "GetApplication", "{}"));
  idle.Response();
  busy.Send(Post(kService + "GetMe", "{}", "application/json", "Connect-Timeout-Ms: 100\r\n"));
  ASSERT_TRUE(host_.WaitAsked(2));
  server_->Drain(sdk::Call());
  EXPECT_FALSE(server_->Serving());
  EXPECT_EQ(idle.Rest(), "");
  EXPECT_THAT(busy.Rest(),
              testing::AllOf(StartsWith("HTTP/1.1 504 "), HasSubstr("Connection: close\r\n")));
  // The listening socket is the host's: it still takes connections for who comes next.
  RawClient next(port_);
  server_->Listen({{tcp_, "127.0.0.1"}});
  next.Send(Post(kService + "GetApplication", "{\"id\":\"n\"}"));
  EXPECT_THAT(next.Response(), HasSubstr("name of n"));
}

TEST_F(ServerTest, Stop_CancelsWhatIsUnderWay) {
  host_.silent_method = "neoshowcase.protobuf.APIService/GetMe";
  Start();
  RawClient busy(port_);
  busy.Send(Post(kService + "GetMe", "{}"));
  ASSERT_TRUE(host_.WaitAsked(1));
  server_.reset();
  EXPECT_EQ(host_.cancelled(), 1u);
  EXPECT_EQ(busy.Rest(), "");
}

}  // namespace
}  // namespace ns::gateway
