// Builders and a controller over real sockets.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <optional>

#include "link/client.h"
#include "link/entrance.h"
#include "link/remote_desk.h"
#include "link/send_artifact.h"
#include "link/testing/link_world.h"
#include "neoshowcase/link/v1/builders.grpc.pb.h"

namespace ns::link {
namespace {

using namespace std::chrono_literals;
using testing::AnOrder;
using testing::ClaimedBuild;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing::Until;

const ports::Claim kClaim{ClaimedBuild().id, ClaimedBuild().lease.token};
const Secret kToken("the token of builder one"), kOther("the token of the services");

// A builder's connection with a thread of its own.
class Builder {
 public:
  Builder(std::vector<std::string> connect, Identity identity)
      : desk_(Options(std::move(connect), std::move(identity)), SystemRandom(), SystemClock()),
        thread_([this](const std::stop_token& stop) { desk_.Run(stop); }) {}

  RemoteDesk& operator*() { return desk_; }
  RemoteDesk* operator->() { return &desk_; }
  int looks() const { return looks_; }

  std::atomic<int> slots = 2;

 private:
  RemoteDeskOptions Options(std::vector<std::string> connect, Identity identity) {
    RemoteDeskOptions options;
    options.connect = std::move(connect);
    options.identity = std::move(identity);
    options.process = NewIdText(SystemRandom());
    options.state = [this] {
      model::Host host;
      host.build_slots = slots;
      host.plugins = {{"engine", "engine-docker", "ns.engine/1", "1", false, true, "", "", ""}};
      return host;
    };
    options.look = [this] { ++looks_; };
    return options;
  }

  std::atomic<int> looks_ = 0;
  RemoteDesk desk_;
  std::jthread thread_;
};

class OutputBackend final : public ports::Backend {
 public:
  Status Apply(const ports::Call&, const model::DesiredApp&) override { return {}; }
  Status Remove(const ports::Call&, const AppId&, const model::Fence&) override { return {}; }
  Result<std::vector<model::ObservedApp>> Survey(const ports::Call&,
                                                 const std::vector<AppId>&) override {
    return std::vector<model::ObservedApp>();
  }
  Result<model::ObservedApp> Observe(const ports::Call&, const AppId&) override {
    return model::ObservedApp();
  }
  Status Watch(const ports::Call&, const std::function<void(const AppId&)>&) override { return {}; }
  Result<std::vector<model::LogLine>> Logs(const ports::Call&, const ports::LogQuery&) override {
    return std::vector<model::LogLine>{{Time(5s), "stdout", "hello"}};
  }
  Result<std::vector<model::ReplicaUsage>> Usages(const ports::Call&) override {
    return std::vector<model::ReplicaUsage>();
  }
};

class BuilderLink : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    authority_ = new testing::Authority;
    for (const char* name : {"controller", "builder-1", "stranger"}) authority_->Sign(name);
  }
  static void TearDownTestSuite() {
    delete authority_;
    authority_ = nullptr;
  }

  static EntranceOptions Plain() {
    EntranceOptions options;
    options.listen = "127.0.0.1:0";
    options.hosts = {{"builder-1", kToken, {"builder"}}, {"edge", kOther, {"services"}}};
    return options;
  }
  static EntranceOptions Tls() {
    EntranceOptions options = Plain();
    options.certificate = authority_->Text("controller.pem");
    options.key = Secret(authority_->Text("controller.key"));
    return options;
  }
  static Identity TlsIdentity() { return {kToken, "", Secret(), authority_->Text("ca.pem")}; }

  void Serve(EntranceOptions options) {
    if (port_ != 0) options.listen = "127.0.0.1:" + std::to_string(port_);
    auto opened = Entrance::Open(
        std::move(options), {HostId("h"),
                             {{"docker", &backend_}},
                             hosts_,
                             [this](const HostId& host) {
                               return std::make_unique<testing::MemoryDesk>(record_, host);
                             },
                             [this] { ++joined_; },
                             [this](std::function<void()> work) { executor_(std::move(work)); },
                             SystemClock()});
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    entrance_ = std::move(*opened);
    port_ = entrance_->port();
  }
  std::string Address() const { return "127.0.0.1:" + std::to_string(port_); }
  // A host at these addresses loads the backend instance "docker".
  void LoadsDocker(const std::string& addresses) {
    model::PluginState plugin;
    plugin.instance = "docker";
    plugin.healthy = true;
    model::Host row;
    row.id = HostId("h");
    row.link_address = addresses;
    row.plugins = {plugin};
    ASSERT_TRUE(hosts_.Beat(row, 1h).ok());
  }
  testing::DeskRecord Record() {
    return record_.With([](auto& record) { return record; });
  }
  // Nobody gets in within a while.
  void ExpectNotLetIn(const Identity& identity) {
    Builder builder({Address()}, identity);
    std::this_thread::sleep_for(700ms);
    EXPECT_FALSE(builder->connected());
    EXPECT_EQ(builder->Claimed({}).status().reason(), "ControllerAway");
    EXPECT_THAT(hosts_.rows(), SizeIs(0));
  }
  // What ends a stream that begins with these messages.
  grpc::Status EndOf(const std::vector<wire::BuilderMessage>& messages, const Secret& token) {
    const auto stub =
        wire::Builders::NewStub(grpc::CreateChannel(Address(), grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + token.Reveal());
    const auto stream = stub->Attach(&context);
    for (const wire::BuilderMessage& message : messages) stream->Write(message);
    wire::ControllerMessage answer;
    while (stream->Read(&answer)) {
    }
    return stream->Finish();
  }
  static wire::BuilderMessage Hello(uint32_t min = 1, uint32_t max = 1) {
    wire::BuilderMessage message;
    message.mutable_hello()->set_min_version(min);
    message.mutable_hello()->set_max_version(max);
    message.mutable_hello()->set_process(std::string(22, 'a'));
    return message;
  }

  static testing::Authority* authority_;
  OutputBackend backend_;
  testing::MemoryHosts hosts_;
  Guarded<testing::DeskRecord> record_;
  std::atomic<int> joined_ = 0;
  testing::OneThread executor_;
  int port_ = 0;
  std::unique_ptr<Entrance> entrance_;
};

testing::Authority* BuilderLink::authority_ = nullptr;

TEST_F(BuilderLink, EveryCall_OverTlsWithAToken) {
  Serve(Tls());
  Builder builder({Address()}, TlsIdentity());
  Until("connected", [&] { return builder->connected(); });
  EXPECT_THAT(builder->Claimed({}).value(), ElementsAre(ClaimedBuild()));
  EXPECT_EQ(builder->Order({}, kClaim).value(), AnOrder());
  EXPECT_EQ(builder->Order({}, {kClaim.build, "other"}).status().code(), Code::kStale);
  const auto renewals = builder->Renew({}, {kClaim, {kClaim.build, "other"}}).value();
  ASSERT_THAT(renewals, SizeIs(2));
  EXPECT_TRUE(renewals[0].ok());
  EXPECT_EQ(renewals[1].code(), Code::kStale);
  const std::string piece = std::string(1 << 20, 'x') + std::string("\0\xff", 2);
  EXPECT_EQ(builder->AppendLog({}, kClaim, 0, piece).value(), static_cast<int64_t>(piece.size()));
  EXPECT_EQ(Record().log, piece);
  EXPECT_TRUE(builder->Phase({}, kClaim, "plan", "words").ok());
  EXPECT_THAT(Record().phases, ElementsAre("plan: words"));
  model::BuildResult result;
  result.status = model::BuildStatus::kSucceeded;
  result.image = {"r/app:1-2", "sha256:abc", 5};
  EXPECT_TRUE(builder->Settle({}, kClaim, result).ok());
  EXPECT_EQ(builder->Settle({}, kClaim, result).code(), Code::kStale);
  EXPECT_EQ(Record().settled.at(0).image, result.image);
}

TEST_F(BuilderLink, Question_IsTakenAndAnswered) {
  Serve(Tls());
  Builder builder({Address()}, TlsIdentity());
  Until("connected", [&] { return builder->connected(); });
  EXPECT_FALSE(builder->TakeDetection({})->has_value());
  record_.With([](auto& record) { record.asks = true; });
  EXPECT_EQ(**builder->TakeDetection({}), testing::AQuestion());
  const ports::DetectionClaim claim = testing::AQuestion().claim;
  EXPECT_EQ(builder->AnswerDetection({}, claim, testing::AnAnswer()), Status());
  ports::DetectionAnswer failed;
  failed.failure = Status(Code::kNotFound, "CommitNotFound", "gone").SetFault(Fault::kSource);
  EXPECT_EQ(builder->AnswerDetection({}, claim, failed), Status());
  EXPECT_THAT(Record().answers, ElementsAre(testing::AnAnswer(), failed));
  EXPECT_EQ(builder->AnswerDetection({}, {claim.id, "other"}, failed).code(), Code::kStale);
}

TEST_F(BuilderLink, AnswerBeyondMeasure_KeepsTheBestAndTheStream) {
  Serve(Plain());
  Builder builder({Address()}, {kToken, "", Secret(), ""});
  Until("connected", [&] { return builder->connected(); });
  ports::DetectionAnswer answer;
  for (int i = 0; i < 400; ++i)
    answer.found.fits.push_back(
        {"method-" + std::to_string(i), {100 - i / 4, "{}", "", "", "why"}});
  answer.found.fits[5].suggestion.why = std::string(2 << 20, 'x');
  EXPECT_EQ(builder->AnswerDetection({}, testing::AQuestion().claim, answer), Status());
  ASSERT_THAT(Record().answers, SizeIs(1));
  EXPECT_THAT(Record().answers[0].found.fits, SizeIs(5)) << "what follows is left out too";
  answer.found.fits.erase(answer.found.fits.begin() + 5);
  EXPECT_EQ(builder->AnswerDetection({}, testing::AQuestion().claim, answer), Status());
  EXPECT_THAT(Record().answers[1].found.fits, SizeIs(256));
}

// Gives `bytes`, and then what `end` says.
ports::ObjectSource Bytes(const std::string& bytes, Status end = {}) {
  return [bytes, end, at = size_t{0}](char* to, size_t most) mutable -> Result<size_t> {
    const size_t count = bytes.copy(to, most, at);
    at += count;
    if (count == 0 && !end.ok()) return end;
    return count;
  };
}

TEST_F(BuilderLink, Artifact_IsSentInPiecesAndKept) {
  Serve(Tls());
  Builder builder({Address()}, TlsIdentity());
  Until("connected", [&] { return builder->connected(); });
  std::string artifact(3 << 20, 'x');
  for (size_t i = 0; i < artifact.size(); i += 97) artifact[i] = static_cast<char>(i);
  const ports::Digest digest{artifact.size(), Sha256Hex(artifact)};
  const model::Image kept = builder->PutArtifact({}, kClaim, digest, Bytes(artifact)).value();
  EXPECT_EQ(Record().artifact, artifact);
  EXPECT_EQ(kept, model::ArtifactOf(ClaimedBuild().app, ClaimedBuild().id, 2, digest.sha256,
                                    static_cast<int64_t>(artifact.size())));
}

TEST_F(BuilderLink, ArtifactThatIsCutWrongOrNotAskedFor_IsNotKept) {
  Serve(Tls());
  Builder builder({Address()}, TlsIdentity());
  Until("connected", [&] { return builder->connected(); });
  const ports::Digest digest{4, Sha256Hex("site")};
  const auto put = [&](const ports::Claim& claim, const ports::ObjectSource& bytes) {
    return builder->PutArtifact({}, claim, digest, bytes).status();
  };
  EXPECT_EQ(put(kClaim, Bytes("else")).reason(), "DigestMismatch");
  EXPECT_EQ(put(kClaim, Bytes("sit")).reason(), "DigestMismatch");
  EXPECT_EQ(put(kClaim, Bytes("si", Unavailable("the disk"))), Unavailable("the disk"));
  EXPECT_EQ(put({kClaim.build, "other"}, Bytes("site")).code(), Code::kStale);
  EXPECT_EQ(builder->PutArtifact({}, kClaim, {4, "no digest"}, Bytes("site")).status().reason(),
            "ProtocolBroken");
  EXPECT_EQ(builder->PutArtifact({}, kClaim, {uint64_t{6} << 30, digest.sha256}, Bytes("site"))
                .status()
                .reason(),
            "ProtocolBroken");
  EXPECT_EQ(Record().artifact, "");
}

TEST_F(BuilderLink, Artifact_OfAHostThatIsNoBuilder_IsRefused) {
  Serve(Tls());
  Builder services({Address()}, {kOther, "", Secret(), authority_->Text("ca.pem")});
  const ports::Digest digest{4, Sha256Hex("site")};
  EXPECT_EQ(services->PutArtifact({}, kClaim, digest, Bytes("site")).status().reason(),
            ports::kControllerAway);
  EXPECT_EQ(SendArtifact({}, Address(), {kOther, "", Secret(), authority_->Text("ca.pem")},
                         {std::string(22, 'a'), kClaim, digest}, Bytes("site"), SystemClock())
                .status()
                .code(),
            Code::kDenied);
}

TEST_F(BuilderLink, BuilderIsARowOfTheHostsWhileItIsConnected) {
  Serve(Tls());
  {
    Builder builder({Address()}, TlsIdentity());
    Until("row", [&] { return hosts_.rows().size() == 1; });
    EXPECT_EQ(hosts_.rows()[0].name, "builder-1");
    EXPECT_EQ(hosts_.rows()[0].build_slots, 2);
    EXPECT_EQ(hosts_.rows()[0].plugins.at(0).plugin, "engine-docker");
    Until("the queue is told", [&] { return joined_ == 1; });
    Until("connected", [&] { return builder->connected(); });
    builder.slots = 0;
    builder->Tell();
    Until("nothing more is given to it", [&] { return hosts_.rows().at(0).build_slots == 0; });
  }
  Until("no row", [&] { return hosts_.rows().empty(); });
}

TEST_F(BuilderLink, Look_ReachesTheBuilder) {
  Serve(Plain());
  Builder builder({Address()}, {kToken, "", Secret(), ""});
  Until("looks once it is connected", [&] { return builder->connected() && builder.looks() == 1; });
  Until("looks again", [&] {
    entrance_->Look();
    return builder.looks() > 1;
  });
}

TEST_F(BuilderLink, WrongTokenOrRoleOrAuthority_IsNotLetIn) {
  Serve(Tls());
  const std::string ca = authority_->Text("ca.pem");
  ExpectNotLetIn({Secret("wrong"), "", Secret(), ca});
  ExpectNotLetIn({Secret(), "", Secret(), ca});
  ExpectNotLetIn({kOther, "", Secret(), ca});
  ExpectNotLetIn({kToken, "", Secret(), ""});
  const testing::Authority other;
  ExpectNotLetIn({kToken, "", Secret(), other.Text("ca.pem")});
}

TEST_F(BuilderLink, Certificate_IsEnoughWhereItNamesTheHost) {
  EntranceOptions options = Tls();
  options.client_ca = authority_->Text("ca.pem");
  options.hosts = {{"builder-1", Secret(), {"builder"}}};
  Serve(options);
  const auto as = [&](const std::string& name) {
    return Identity{Secret(), authority_->Text(name + ".pem"),
                    Secret(authority_->Text(name + ".key")), authority_->Text("ca.pem")};
  };
  ExpectNotLetIn(as("stranger"));
  ExpectNotLetIn({Secret(), "", Secret(), authority_->Text("ca.pem")});
  Builder builder({Address()}, as("builder-1"));
  Until("connected", [&] { return builder->connected(); });
}

TEST_F(BuilderLink, VersionsDisjoint_RefusedWithTheReason) {
  Serve(Plain());
  const grpc::Status end = EndOf({Hello(8, 9)}, kToken);
  EXPECT_EQ(end.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(end.error_details(), "VersionDisjoint");
  EXPECT_THAT(end.error_message(), HasSubstr("8 to 9"));
}

TEST_F(BuilderLink, ControllerGoneAndBack_CallsFailMeanwhileAndNothingIsStoredTwice) {
  Serve(Tls());
  Builder builder({"127.0.0.1:1", Address()}, TlsIdentity());
  Until("connected", [&] { return builder->connected(); });
  ASSERT_EQ(builder->AppendLog({}, kClaim, 0, "one").value(), 3);
  const int looks = builder.looks();
  entrance_.reset();
  Until("away", [&] { return builder->Claimed({}).status().code() == Code::kUnavailable; });
  EXPECT_EQ(builder->AppendLog({}, kClaim, 0, "one two").status().code(), Code::kUnavailable);
  Serve(Tls());
  Until("back", [&] { return builder->AppendLog({}, kClaim, 0, "one two").ok(); });
  EXPECT_EQ(Record().log, "one two");
  EXPECT_GT(builder.looks(), looks) << "what happened meanwhile is unknown";
}

TEST_F(BuilderLink, ControllerEndsWhileACallIsUnderWay_TheCallFails) {
  Serve(Plain());
  Builder builder({Address()}, {kToken, "", Secret(), ""});
  Until("connected", [&] { return builder->connected(); });
  std::atomic<bool> asked = false;
  std::jthread ending([&] {
    while (!asked) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(20ms);
    entrance_.reset();
  });
  asked = true;
  Status last;
  while ((last = builder->Claimed({}).status()).ok()) {
  }
  EXPECT_EQ(last.code(), Code::kUnavailable);
}

TEST_F(BuilderLink, CallThatIsCancelledOrLate_EndsInTime) {
  Serve(Plain());
  Builder builder({Address()}, {kToken, "", Secret(), ""});
  Until("connected", [&] { return builder->connected(); });
  std::atomic<bool> go_on = false;
  executor_([&] {
    while (!go_on) std::this_thread::sleep_for(1ms);
  });
  const Duration deadline = SystemClock().Monotonic() + 50ms;
  EXPECT_EQ(builder->Claimed({{}, deadline}).status().code(), Code::kUnavailable);
  std::stop_source cancel;
  cancel.request_stop();
  EXPECT_EQ(builder->Claimed({cancel.get_token(), {}}).status().code(), Code::kCancelled);
  go_on = true;
  EXPECT_TRUE(builder->Claimed({}).ok()) << "late answers are passed over";
}

TEST_F(BuilderLink, SameProcessConnectsAgain_TheOlderStreamEndsAndTheRowStays) {
  Serve(Plain());
  const auto stub =
      wire::Builders::NewStub(grpc::CreateChannel(Address(), grpc::InsecureChannelCredentials()));
  const auto attach = [&](grpc::ClientContext& context) {
    context.AddMetadata("authorization", "Bearer " + kToken.Reveal());
    auto stream = stub->Attach(&context);
    stream->Write(Hello());
    wire::ControllerMessage welcome;
    EXPECT_TRUE(stream->Read(&welcome));
    EXPECT_TRUE(welcome.has_welcome());
    return stream;
  };
  grpc::ClientContext first_context, second_context;
  const auto first = attach(first_context);
  const auto second = attach(second_context);
  wire::ControllerMessage none;
  EXPECT_FALSE(first->Read(&none));
  EXPECT_EQ(first->Finish().error_details(), "AnotherStream");
  std::this_thread::sleep_for(100ms);
  EXPECT_THAT(hosts_.rows(), SizeIs(1));
  second->WritesDone();
  EXPECT_FALSE(second->Read(&none));
  second->Finish();
  Until("no row", [&] { return hosts_.rows().empty(); });
}

TEST_F(BuilderLink, BuilderThatBreaksTheProtocol_LosesItsStreamAndNobodyElseNotices) {
  Serve(Plain());
  Builder builder({Address()}, {kToken, "", Secret(), ""});
  Until("connected", [&] { return builder->connected(); });
  wire::BuilderMessage unknown, enumeration, longest;
  enumeration.mutable_settle()->mutable_claim()->set_build_id(std::string(22, '1'));
  enumeration.mutable_settle()->set_status(static_cast<wire::Settle::Status>(99));
  longest.mutable_append_log()->set_bytes(std::string(8 << 20, 'x'));
  const auto answer = [](const auto& spoil) {
    wire::BuilderMessage message;
    ToWire(testing::AQuestion().claim, testing::AnAnswer(), *message.mutable_answer_detection());
    spoil(*message.mutable_answer_detection());
    return message;
  };
  for (const wire::BuilderMessage& message :
       {unknown, enumeration, Hello(), answer([](auto& a) { a.set_id("x"); }),
        answer([](auto& a) { a.mutable_findings(0)->set_fit(101); }),
        answer([](auto& a) { a.mutable_findings(0)->set_port(70'000); }),
        answer([](auto& a) { a.mutable_findings(0)->set_why("\xff"); }),
        answer([](auto& a) { a.mutable_findings(0)->set_why(std::string("a\0b", 3)); }),
        answer([](auto& a) { a.mutable_findings(0)->set_why(std::string(2 << 20, 'x')); }),
        answer([](auto& a) { a.mutable_findings(0)->clear_method(); }), answer([](auto& a) {
          for (int i = 0; i < 256; ++i) *a.add_findings() = a.findings(0);
        })})
    EXPECT_EQ(EndOf({Hello(), message}, kToken).error_details(), "ProtocolBroken");
  EXPECT_EQ(EndOf({Hello(), longest}, kToken).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  wire::BuilderMessage list;
  list.mutable_list_claims();
  std::vector<wire::BuilderMessage> flood(6000, list);
  flood.insert(flood.begin(), Hello());
  EXPECT_FALSE(EndOf(flood, kToken).ok());
  EXPECT_TRUE(builder->Claimed({}).ok());
  EXPECT_TRUE(builder->connected());
}

TEST_F(BuilderLink, BuilderThatDoesNotRead_IsCutOff) {
  Serve(Plain());
  const auto stub =
      wire::Builders::NewStub(grpc::CreateChannel(Address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + kToken.Reveal());
  const auto stream = stub->Attach(&context);
  wire::BuilderMessage renew;
  for (int i = 0; i < 256; ++i) {
    wire::Claim& claim = *renew.mutable_renew_claims()->add_claims();
    claim.set_build_id(std::string(22, '1'));
  }
  stream->Write(Hello());
  int written = 0;
  while (written < 50'000 && stream->Write(renew)) ++written;
  EXPECT_LT(written, 50'000);
  wire::ControllerMessage answer;
  while (stream->Read(&answer)) {
  }
  EXPECT_FALSE(stream->Finish().ok());
}

TEST_F(BuilderLink, GarbageOnTheSocket_CostsThatConnectionOnly) {
  Serve(Plain());
  Builder builder({Address()}, {kToken, "", Secret(), ""});
  Until("connected", [&] { return builder->connected(); });
  SeededRandom random(1);
  for (int round = 0; round < 50; ++round) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(port_));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    std::string bytes = round % 2 ? "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" : "";
    for (int i = 0; i < 4000; ++i) bytes += static_cast<char>(random.Below(256));
    (void)!::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ::close(fd);
  }
  EXPECT_TRUE(builder->Claimed({}).ok());
  EXPECT_TRUE(builder->connected());
}

TEST_F(BuilderLink, Output_IsAskedOfAnotherMachineWithTheRoleServices) {
  Serve(Tls());
  LoadsDocker("unix:/nowhere/h.sock " + Address());
  Identity identity = TlsIdentity();
  EXPECT_EQ(Client(hosts_, identity).Output({}, "docker", {}).status().code(), Code::kDenied)
      << "a builder may not ask";
  identity.token = Secret("wrong");
  EXPECT_EQ(Client(hosts_, identity).Output({}, "docker", {}).status().code(),
            Code::kUnauthenticated);
  identity.token = kOther;
  const auto lines = Client(hosts_, identity).Output({}, "docker", {});
  ASSERT_TRUE(lines.ok()) << lines.status().ToString();
  EXPECT_EQ(lines->at(0).text, "hello");
}

TEST_F(BuilderLink, OutputOfAHostThatIsBack_IsThereThoughSomebodyKeptAsking) {
  Serve(Tls());
  LoadsDocker(Address());
  Identity identity = TlsIdentity();
  identity.token = kOther;
  Client client(hosts_, identity);
  ASSERT_TRUE(client.Output({}, "docker", {}).ok());
  entrance_.reset();
  for (int ask = 0; ask < 3; ++ask)
    EXPECT_EQ(client.Output({}, "docker", {}).status().reason(), "BackendHostAway");
  Serve(Tls());
  int asks = 1;
  while (!client.Output({}, "docker", {}).ok() && asks < 100) ++asks;
  EXPECT_LE(asks, 5) << "each waits two seconds at most";
}

TEST_F(BuilderLink, AddressThatIsTaken_IsToldAtStart) {
  Serve(Plain());
  EntranceOptions options = Plain();
  options.listen = Address();
  const auto second = Entrance::Open(options, {HostId("h"),
                                               {},
                                               hosts_,
                                               [](const HostId&) { return nullptr; },
                                               [] {},
                                               [](std::function<void()>) {},
                                               SystemClock()});
  EXPECT_THAT(second.status().message(), HasSubstr(Address()));
}

}  // namespace
}  // namespace ns::link
