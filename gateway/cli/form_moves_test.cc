// Addresses that go from one application of a form to another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "form/moves.h"

namespace ns::cli::form {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Texts = std::vector<std::string>;

// Applications a, b and c at hosts of their names.
class MovesTest : public testing::Test {
 protected:
  MovesTest() {
    live_.me = "u1";
    for (const std::string name : {"a", "b", "c"}) {
      auto& app = live_.applications.emplace_back();
      app.set_id(name + "1"), app.set_name(name), app.set_repository_id("r1");
      app.add_owner_ids("u1");
      auto& website = *app.add_websites();
      website.set_fqdn(name + ".test"), website.set_http_port(80), website.set_path_prefix("/");
      live_.own[app.id()].set_etag("of " + name);
    }
    live_.repositories.emplace_back().set_id("r1");
    live_.repositories[0].set_name("shop");
  }
  static std::string At(const std::string& app, const Texts& hosts) {
    std::string out = "  - name: " + app + "\n    websites: [";
    for (const std::string& host : hosts) out += "{fqdn: " + host + "},";
    return out + "]\n";
  }
  Plan Make(const std::string& applications, bool prune = false) {
    const Read read =
        Parse(std::string(prune ? "whole: true\n" : "") + "applications:\n" + applications);
    Options options;
    options.prune = prune;
    return MakePlan(read, live_, options);
  }
  // "b", or "release b: hosts that stay".
  static Texts OrderOf(const Plan& plan) {
    Texts out;
    for (const Act& act : plan.order) {
      std::string text = plan.applications[act.step].name;
      if (act.release) {
        text = "release " + text + ":";
        for (const auto& one : act.release->form().websites()) text += " " + one.fqdn();
      }
      out.push_back(text);
    }
    return out;
  }

  Live live_;
};

TEST_F(MovesTest, WhatTakesNothingGoesInTheOrderOfTheFile) {
  EXPECT_THAT(OrderOf(Make(At("b", {"x.test"}) + At("a", {"y.test"}))), ElementsAre("b", "a"));
}

TEST_F(MovesTest, WhoGivesUpComesFirst) {
  const Plan plan = Make(At("a", {"b.test"}) + At("b", {"c.test"}) + At("c", {}));
  EXPECT_THAT(OrderOf(plan), ElementsAre("c", "b", "a"));
  EXPECT_THAT(plan.notes, ElementsAre(HasSubstr("http://b.test/ goes from application b to a; in "
                                                "between it is not served"),
                                      HasSubstr("http://c.test/ goes from application c to b")));
  EXPECT_THAT(plan.applications[0].taken, ElementsAre("http://b.test/"));
}

TEST_F(MovesTest, ExchangedAddressesAreReleasedOnce) {
  const Plan plan = Make(At("a", {"b.test"}) + At("b", {"a.test", "new.test"}));
  EXPECT_THAT(OrderOf(plan), ElementsAre("release a:", "b", "a"));
  EXPECT_EQ(plan.order[0].release->application_id(), "a1");
  EXPECT_EQ(plan.order[0].release->etag(), "of a");
  EXPECT_THAT(plan.order[0].release->update_mask().paths(),
              ElementsAre("websites", "port_publications"));
}

TEST_F(MovesTest, HostBeyondAsciiIsKnownByItsALabel) {
  live_.applications[0].mutable_websites(0)->set_fqdn("xn--bcher-kva.test");
  EXPECT_THAT(OrderOf(Make(At("a", {"b.test"}) + At("b", {"bücher.test"}))),
              ElementsAre("release a:", "b", "a"));
}

TEST_F(MovesTest, ARingOfThree) {
  EXPECT_THAT(OrderOf(Make(At("a", {"b.test"}) + At("b", {"c.test"}) + At("c", {"a.test"}))),
              ElementsAre("release a:", "c", "b", "a"));
}

TEST_F(MovesTest, ReleaseKeepsWhatNobodyTakes) {
  auto& other = *live_.applications[0].add_websites();
  other.set_fqdn("stays.test"), other.set_http_port(80), other.set_path_prefix("/");
  EXPECT_THAT(OrderOf(Make(At("a", {"b.test"}) + At("b", {"a.test"}))),
              ElementsAre("release a: stays.test", "b", "a"));
}

TEST_F(MovesTest, WhatIsDeletedReleasesBefore) {
  const Plan plan = Make(At("a", {"a.test", "c.test"}) + "  - {name: b}\n", true);
  EXPECT_THAT(OrderOf(plan), ElementsAre("release c:", "a"));
  EXPECT_EQ(plan.applications.back().kind, Kind::kDelete);
}

TEST_F(MovesTest, SchemeAndPathTellAddressesApart) {
  const Plan plan = Make(
      "  - {name: a, websites: [{fqdn: b.test, https: true}, {fqdn: b.test, pathPrefix: /x}]}\n" +
      At("b", {}));
  EXPECT_THAT(OrderOf(plan), ElementsAre("a", "b"));
  EXPECT_THAT(plan.notes, IsEmpty());
}

TEST_F(MovesTest, PortsMoveToo) {
  auto& port = *live_.applications[1].add_port_publications();
  port.set_internet_port(9000), port.set_application_port(80);
  const Plan plan = Make(
      "  - {name: a, portPublications: [{internetPort: 9000, applicationPort: 1}]}\n"
      "  - {name: b, portPublications: []}\n");
  EXPECT_THAT(OrderOf(plan), ElementsAre("b", "a"));
  EXPECT_THAT(plan.notes, ElementsAre(HasSubstr("9000/tcp goes from application b to a")));
}

TEST_F(MovesTest, TwoThatWantTheSameAreAMistake) {
  const Plan plan = Make(At("a", {"x.test"}) + At("b", {"x.test"}));
  ASSERT_EQ(plan.mistakes.size(), 1U);
  EXPECT_EQ(plan.mistakes[0].ToString("f"),
            "f:4:5: applications[1]: http://x.test/ is wanted by application a too");
}

TEST(LeaveOut, TakesTheNamedAddressesAway) {
  platform::ApplicationForm form;
  form.add_websites()->set_fqdn("A.test");
  form.add_websites()->set_fqdn("b.test");
  LeaveOut({"http://a.test/"}, form);
  ASSERT_EQ(form.websites_size(), 1);
  EXPECT_EQ(form.websites(0).fqdn(), "b.test");
}

}  // namespace
}  // namespace ns::cli::form
