// Who may push and fetch, and what a Git client is told.
#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "api/api_world.h"
#include "base/crypto.h"
#include "model/fetch_token.h"
#include "neoshowcase/platform/v1/push.pb.h"
#include "neoshowcase/platform/v1/token.pb.h"

namespace ns::api {
namespace {

using ports::GitService;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Repositories in memory; says what it was asked.
class FakeReceive final : public ports::GitReceive {
 public:
  Status Create(const std::string& name) override {
    there.insert(name);
    return {};
  }
  Result<bool> Has(const std::string& name) override { return there.contains(name); }
  Status Remove(const std::string& name) override {
    there.erase(name);
    return {};
  }
  Status Tidy(const ports::Call&, const std::string&) override { return {}; }
  Result<ports::GitServed> Serve(const ports::Call& call, const std::string& name,
                                 const ports::GitServing& serving,
                                 ports::ByteExchange& exchange) override {
    served.push_back((serving.service == GitService::kReceive ? "push " : "fetch ") + name);
    if (!failure.ok()) return failure;
    meanwhile();
    if (outcome.refused.ok() && serving.may) outcome.refused = serving.may();
    if (gives) NS_TRY(exchange.Give(call, "said"));
    if (!cut.ok()) return cut;
    return std::exchange(outcome, {});
  }
  std::set<std::string> there;
  std::vector<std::string> served;
  Status failure;
  Status cut;  // after a part of the answer
  ports::GitServed outcome;
  bool gives = true;  // an answer
  std::function<void()> meanwhile = [] {};
};

class MemoryStream final : public RawStream, public ports::ByteExchange {
 public:
  ports::ByteExchange& bytes() override { return *this; }
  void Open(int http_status, const RawHeaders& headers) override {
    status = http_status;
    head = headers;
  }
  int ready() const override { return -1; }
  Result<bool> Take(std::string&) override { return true; }
  Status Give(const ports::Call&, std::string_view bytes) override {
    answer += bytes;
    return {};
  }
  int status = 0;
  RawHeaders head;
  std::string answer;
};

class ReceiveTest : public ApiWorld {
 protected:
  ReceiveTest() {
    Remake([](Settings&) {});
  }

  void Remake(const std::function<void(Settings&)>& change) {
    Settings settings = TestSettings();
    settings.receive.host = "one";
    change(settings);
    Parts parts = MakeParts();
    parts.received = &receive_;
    dispatcher_.emplace(std::move(settings), parts);
  }

  struct Told {
    int status = 0;
    std::string text;
    RawHeaders headers;
    Status cut = {};
  };
  Told Ask(Peer peer, const std::string& method, const std::string& path,
           const std::string& query = "") {
    peer.headers.emplace_back(":path", path + query);
    if (method == "POST") {
      const std::string service = path.substr(path.rfind('/') + 1);
      peer.headers.emplace_back("content-type", "application/x-" + service + "-request");
    }
    MemoryStream stream;
    const auto answer = dispatcher_->Raw({}, peer, method, path, stream);
    if (answer.ok() && *answer)
      return {(*answer)->http_status, (*answer)->body, (*answer)->headers};
    return {stream.status, stream.answer, stream.head, answer.status()};
  }
  Told Advertise(const Peer& peer, const std::string& name, bool push = true) {
    return Ask(peer, "GET", "/git/" + name + "/info/refs",
               std::string("?service=git-") + (push ? "receive" : "upload") + "-pack");
  }
  Told Push(const Peer& peer, const std::string& name) {
    return Ask(peer, "POST", "/git/" + name + "/git-receive-pack");
  }
  static Peer Basic(const std::string& user, const std::string& password) {
    return {
        false, 0, 0, "10.1.1.1", {{"authorization", "Basic " + ToBase64(user + ":" + password)}}};
  }
  // With a token, as git is used.
  Peer Pusher(const std::string& name) {
    return Basic("", Token(Named(name), own_pb::TOKEN_SCOPE_DEPLOY));
  }
  // A host of the platform that builds of that repository.
  Peer HostWith(const std::string& name) {
    return Basic(model::FetchUser(name), model::FetchToken(TestSettings().plan_key, name,
                                                           clock.Now() + std::chrono::minutes(1)));
  }
  std::string Token(const Peer& owner, own_pb::TokenScope scope) {
    own_pb::CreateTokenRequest in;
    in.set_name("t");
    in.set_scope(scope);
    in.set_days(1);
    const auto made = dispatcher_->Invoke(
        {}, owner, "neoshowcase.platform.v1.TokenService/CreateToken", in.SerializeAsString());
    EXPECT_TRUE(made.ok()) << made.status().ToString();
    own_pb::CreateTokenResponse out;
    EXPECT_TRUE(out.ParseFromString(made.ok() ? *made : ""));
    return out.text();
  }
  Result<own_pb::PreparePushResponse> Prepare(const Peer& peer, const std::string& name) {
    own_pb::PreparePushRequest in;
    in.set_name(name);
    return Parsed<own_pb::PreparePushResponse>(dispatcher_->Invoke(
        {}, peer, "neoshowcase.platform.v1.PushService/PreparePush", in.SerializeAsString()));
  }

  FakeReceive receive_;
  std::optional<Dispatcher> dispatcher_;
};

TEST_F(ReceiveTest, Stranger_IsAskedWhoTheyAre) {
  const Told told = Advertise({false, 0, 0, "10.1.1.1", {}}, "shop.git");
  EXPECT_EQ(told.status, 401);
  EXPECT_THAT(told.headers,
              ::testing::Contains(::testing::Pair("www-authenticate", HasSubstr("Basic"))));
  EXPECT_EQ(Advertise(Basic("x", "nonsense"), "shop.git").status, 401);
}

TEST_F(ReceiveTest, FirstPush_MakesARepositoryOfThePusherAlone) {
  EXPECT_EQ(Advertise(Pusher("alice"), "shop.git").text, "said");
  EXPECT_EQ(Push(Named("alice"), "shop").text, "said");
  EXPECT_EQ(Push(Named("bob"), "shop").status, 404);
  EXPECT_EQ(Advertise(Named("bob"), "shop", false).status, 404);
  EXPECT_EQ(Advertise(Root(), "shop", false).status, 200);
  const auto all = store.store().repositories.List().value();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].url, "ns-git:shop");
  EXPECT_TRUE(receive_.there.contains("shop"));
}

// Any page can have the browser of a visitor ask for an image.
TEST_F(ReceiveTest, LoginOfABrowser_MakesNothing) {
  Peer with_password = Named("alice");  // of the proxy, which a browser sends by itself too
  with_password.headers.emplace_back("authorization", "Basic " + ToBase64("alice:word"));
  for (const Peer& browser : {Named("alice"), with_password})
    EXPECT_EQ(Advertise(browser, "shop").status, 404);
  EXPECT_TRUE(receive_.there.empty());
  EXPECT_TRUE(store.store().repositories.List()->empty());

  Peer bearer{false, 0, 0, "10.1.1.1", {}};
  bearer.headers.emplace_back("authorization",
                              "Bearer " + Token(Named("alice"), own_pb::TOKEN_SCOPE_DEPLOY));
  EXPECT_EQ(Advertise(bearer, "shop").status, 200);
  EXPECT_EQ(Advertise(Named("alice"), "shop").status, 200) << "one that is there";
  EXPECT_EQ(Advertise(Root(), "other").status, 200) << "on the Unix socket";
}

TEST_F(ReceiveTest, RepositoryDeletedWhileItsAdvertisementWaits_IsNotMadeAnew) {
  Remake([](Settings& settings) { settings.receive.at_once = 1; });
  ASSERT_EQ(Advertise(Pusher("alice"), "other").status, 200);
  const Peer bob = Pusher("bob");
  const ports::Store on = store.store();
  Told waited;
  std::thread waiter;
  bool first = true;
  receive_.meanwhile = [&] {
    if (!std::exchange(first, false)) return;
    waiter = std::thread([&] { waited = Advertise(bob, "shop"); });
    auto made = on.received.Find("shop");
    for (int i = 0; !made.ok() && i < 200; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      made = on.received.Find("shop");
    }
    ASSERT_TRUE(made.ok());
    EXPECT_EQ(on.repositories.Delete(made->repository), Status());
    EXPECT_EQ(on.received.Forget("shop"), Status());
  };
  EXPECT_EQ(Push(Named("alice"), "other").status, 200);
  waiter.join();
  EXPECT_EQ(waited.status, 404);
  EXPECT_FALSE(on.received.Find("shop").ok());
}

TEST_F(ReceiveTest, FetchAndASecondRequest_MakeNothing) {
  const Peer alice = Pusher("alice");
  EXPECT_EQ(Advertise(alice, "shop", false).status, 404);
  EXPECT_EQ(Push(alice, "shop").status, 404);
  EXPECT_TRUE(receive_.there.empty());
}

TEST_F(ReceiveTest, WhereNothingIsMadeByAPush_TheApiMakesIt) {
  Remake([](Settings& settings) { settings.receive.create_on_push = false; });
  EXPECT_EQ(Advertise(Pusher("alice"), "shop").status, 404);
  const auto made = Prepare(Named("alice"), "shop");
  ASSERT_TRUE(made.ok()) << made.status().ToString();
  EXPECT_TRUE(made->created());
  EXPECT_EQ(made->path(), "/git/shop.git");
  EXPECT_FALSE(Prepare(Named("alice"), "shop")->created());
  EXPECT_EQ(Prepare(Named("bob"), "shop").status().code(), Code::kExists);
  EXPECT_EQ(Prepare(Named("bob"), "a/b").status().code(), Code::kInvalid);
  EXPECT_EQ(Advertise(Named("alice"), "shop").status, 200);
}

TEST_F(ReceiveTest, Pushes_StandInTheAuditLogAndWhatGitAsksBeforeDoesNot) {
  const auto told = [&] {
    std::vector<std::string> rows;
    ports::AuditQuery query;
    query.all = true;
    const auto events = store.store().audit.List(query).value();
    for (const model::AuditEvent& event : events) {
      if (!event.method.starts_with("git/")) continue;
      rows.push_back(event.user_name + " " + event.method + " " + event.object_kind + " " +
                     std::to_string(static_cast<int>(event.code)) + " " + event.reason);
    }
    return rows;
  };
  const std::string push = " git/receive-pack repository ";
  EXPECT_EQ(Advertise({false, 0, 0, "10.1.1.1", {}}, "shop").status, 401);
  EXPECT_TRUE(told().empty());
  EXPECT_EQ(Advertise(Pusher("alice"), "shop").status, 200);
  EXPECT_THAT(told(), ElementsAre("alice" + push + "0 ")) << "it made the repository";
  EXPECT_EQ(Push(Named("alice"), "shop").status, 200);
  EXPECT_EQ(Advertise(Named("alice"), "shop").status, 200);
  EXPECT_EQ(Advertise(Named("alice"), "shop", false).status, 200);
  EXPECT_EQ(told().size(), 2u);
  receive_.outcome = {Status(Code::kInvalid, "ObjectsRefused", "fsck"), false};
  EXPECT_EQ(Push(Named("alice"), "shop").status, 200);
  receive_.outcome = {Status(Code::kPrecondition, "RefRefused", "one of two"), true};
  EXPECT_EQ(Push(Named("alice"), "shop").status, 200);
  EXPECT_EQ(Push(Named("bob"), "shop").status, 404);
  EXPECT_THAT(told(), ElementsAre("bob" + push + "5 NotFound", "alice" + push + "0 RefRefused",
                                  "alice" + push + "3 ObjectsRefused", "alice" + push + "0 ",
                                  "alice" + push + "0 "));
}

TEST_F(ReceiveTest, Tokens_ComeAsPasswordsAndCountByTheirScope) {
  const std::string deploy = Token(Named("alice"), own_pb::TOKEN_SCOPE_DEPLOY);
  const std::string read = Token(Named("alice"), own_pb::TOKEN_SCOPE_READ);
  EXPECT_EQ(Advertise(Basic("any", read), "shop").status, 403);
  EXPECT_EQ(Advertise(Basic("any", deploy), "shop").status, 200);
  EXPECT_EQ(Push(Basic("", deploy), "shop").status, 200);
  EXPECT_EQ(Push(Basic("any", read), "shop").status, 403);
  EXPECT_EQ(Advertise(Basic("any", read), "shop", false).status, 200);
}

TEST_F(ReceiveTest, WhoLosesTheRightToAPushThatIsUnderWay_IsRefused) {
  const std::string deploy = Token(Named("alice"), own_pb::TOKEN_SCOPE_DEPLOY);
  ASSERT_EQ(Advertise(Basic("", deploy), "shop").status, 200);
  const auto last_reason = [&] {
    ports::AuditQuery query;
    query.all = true;
    return store.store().audit.List(query)->front().reason;
  };
  Push(Basic("", deploy), "shop");
  EXPECT_EQ(last_reason(), "");
  const auto place = store.store().received.Find("shop").value();
  auto repository = store.store().repositories.Get(place.repository).value();
  receive_.meanwhile = [&] {
    repository.owners = {store.store().users.Ensure("bob", false)->id};
    ASSERT_TRUE(store.store().repositories.Update(repository).ok());
  };
  Push(Named("alice"), "shop");
  EXPECT_EQ(last_reason(), "NotFound");
  receive_.meanwhile = [&] { clock.Advance(std::chrono::hours(48)); };
  Push(Basic("", deploy), "shop");
  EXPECT_NE(last_reason(), "") << "the token has run out";
}

TEST_F(ReceiveTest, SubmoduleBeside_IsFetchedByAHostWhereItsOwnersAgree) {
  ASSERT_EQ(Advertise(Pusher("alice"), "shop").status, 200);
  ASSERT_EQ(Advertise(Pusher("alice"), "lib").status, 200);
  ASSERT_EQ(Advertise(Pusher("bob"), "foreign").status, 200);
  const Peer host = HostWith("shop");
  EXPECT_EQ(Advertise(host, "lib", false).status, 200);
  const Told refused = Advertise(host, "foreign", false);
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.text, HasSubstr("each of its owners must own that"));
  EXPECT_EQ(Advertise(host, "nowhere", false).status, 404);
  EXPECT_TRUE(dispatcher_->OfAHost(host));
  EXPECT_FALSE(dispatcher_->OfAHost(Basic("ns-fetch+shop", "1.x")));
  EXPECT_FALSE(dispatcher_->OfAHost(Named("alice")));
}

TEST_F(ReceiveTest, GitLfs_IsRefusedInItsOwnForm) {
  const Told told =
      Ask({false, 0, 0, "10.1.1.1", {}}, "POST", "/git/shop.git/info/lfs/objects/batch");
  EXPECT_EQ(told.status, 501);
  EXPECT_THAT(told.text, HasSubstr("{\"message\": \"the platform keeps no Git LFS objects"));
}

TEST_F(ReceiveTest, HostOfThePlatform_FetchesWhatItsTokenNamesAndPushesNothing) {
  ASSERT_EQ(Advertise(Pusher("alice"), "shop").status, 200);
  ASSERT_EQ(Advertise(Pusher("bob"), "blog").status, 200);
  const Peer host = HostWith("shop");
  EXPECT_EQ(Advertise(host, "shop", false).status, 200);
  EXPECT_EQ(Advertise(host, "blog", false).status, 403);
  EXPECT_EQ(Advertise(host, "shop", true).status, 401);
  clock.Advance(std::chrono::minutes(2));
  EXPECT_EQ(Advertise(host, "shop", false).status, 401);
}

TEST_F(ReceiveTest, Push_HintsTheFetcher) {
  ASSERT_EQ(Advertise(Pusher("alice"), "shop").status, 200);
  std::vector<ports::Hint> hints;
  store.store().hints.Subscribe([&](const ports::Hint& hint) { hints.push_back(hint); });
  ASSERT_EQ(Push(Named("alice"), "shop").status, 200);
  const std::string id(store.store().received.Find("shop")->repository.str());
  EXPECT_THAT(hints, ElementsAre(ports::Hint{ports::Hint::Kind::kRepository, id}));
}

TEST_F(ReceiveTest, RepositoryOfAnotherMachine_IsNotServedHere) {
  ASSERT_EQ(Advertise(Pusher("alice"), "shop").status, 200);
  ASSERT_TRUE(store.store().received.SetAddress("one", "https://one.test").ok());
  Remake([](Settings& settings) { settings.receive.host = "two"; });
  const Told told = Advertise(Named("alice"), "shop");
  EXPECT_EQ(told.status, 503);
  EXPECT_THAT(told.text, HasSubstr("https://one.test/git/shop.git"));
}

TEST_F(ReceiveTest, FailuresOfGit_AreToldInWords) {
  receive_.failure = Status(Code::kExhausted, "RepositoryFull", "it is full");
  const Told full = Advertise(Pusher("alice"), "shop");
  EXPECT_EQ(full.status, 413);
  EXPECT_EQ(full.text, "it is full\n");
  receive_.failure = Unavailable("the disk is away");
  EXPECT_THAT(Advertise(Named("alice"), "shop").headers,
              ::testing::Contains(::testing::Pair("retry-after", "5")));
}

TEST_F(ReceiveTest, AnswerThatIsLostWhileRefsMoved_IsAPushAllTheSame) {
  ASSERT_EQ(Advertise(Pusher("alice"), "shop").status, 200);
  receive_.gives = false;
  receive_.outcome.moved = true;
  EXPECT_EQ(Push(Named("alice"), "shop").status, 503);
  ports::AuditQuery query;
  query.all = true;
  EXPECT_EQ(store.store().audit.List(query)->front().code, Code::kOk);
}

TEST_F(ReceiveTest, AnswerThatIsCut_IsAFailureForItsEdge) {
  EXPECT_EQ(Advertise(Pusher("alice"), "shop").cut, Status());
  receive_.cut = Status(Code::kDeadline, "the client does not take the answer");
  const Told told = Advertise(Named("alice"), "shop", false);
  EXPECT_EQ(told.text, "said");
  EXPECT_EQ(told.cut.code(), Code::kDeadline);
  EXPECT_EQ(Push(Named("alice"), "shop").cut.code(), Code::kDeadline);
}

TEST_F(ReceiveTest, NoTurn_IsToldToComeAgain) {
  Remake([](Settings& settings) { settings.receive.at_once = 0; });
  const Told told = Advertise(Pusher("alice"), "shop");
  EXPECT_EQ(told.status, 503);
  EXPECT_THAT(told.headers, ::testing::Contains(::testing::Pair("retry-after", "5")));
}

TEST_F(ReceiveTest, HostOfThePlatform_DoesNotWaitForThoseWhoPush) {
  Remake([](Settings& settings) { settings.receive.at_once = 1; });
  ASSERT_EQ(Advertise(Pusher("alice"), "shop").status, 200);
  Told host, again;
  bool first = true;
  receive_.meanwhile = [&] {
    if (!std::exchange(first, false)) return;
    host = Advertise(HostWith("shop"), "shop", false);
    again = Advertise(Named("alice"), "shop", false);
  };
  EXPECT_EQ(Push(Named("alice"), "shop").status, 200);
  EXPECT_EQ(host.status, 200);
  EXPECT_EQ(again.status, 503);
  EXPECT_THAT(again.text, HasSubstr("1 pushes and fetches of yours are under way"));
}

}  // namespace
}  // namespace ns::api
