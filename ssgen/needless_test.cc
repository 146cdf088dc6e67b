#include "ssgen/needless.h"

#include <gmock/gmock.h>

namespace ns::ssgen {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const AppId kApp("a000000000000000000001"), kOther("a000000000000000000002");
const ReleaseId kFirst("b000000000000000000001"), kSecond("b000000000000000000002");
const SiteName kOld{kApp, kFirst}, kNew{kApp, kSecond}, kGone{kOther, kFirst};

const Needs kFirstIsTarget{{kOld}, {}}, kSecondIsTarget{{kNew}, {}};

TEST(Needless, IsWhatNoTargetAndNoRouteNeeds) {
  EXPECT_THAT(NeedlessSince({}, {kOld, kNew, kGone}, kSecondIsTarget, 5s),
              ElementsAre(Pair(kOld, 5s), Pair(kGone, 5s)));
  EXPECT_THAT(NeedlessSince({}, {kOld, kNew}, {{kNew}, {kApp}}, 5s), IsEmpty())
      << "routes may still lead to the old one";
  EXPECT_THAT(NeedlessSince({}, {kOld}, {{}, {kApp}}, 5s), IsEmpty())
      << "what shall follow it is no site, and is not there yet";
  EXPECT_THAT(NeedlessSince({}, {}, kSecondIsTarget, 5s), IsEmpty());
}

TEST(Needless, RemembersSinceWhenAndForgetsWhatIsNeededAgain) {
  const auto first = NeedlessSince({}, {kOld, kNew}, kSecondIsTarget, 5s);
  EXPECT_THAT(NeedlessSince(first, {kOld, kNew}, kSecondIsTarget, 9s), ElementsAre(Pair(kOld, 5s)));
  EXPECT_THAT(NeedlessSince(first, {kOld, kNew}, kFirstIsTarget, 9s), ElementsAre(Pair(kNew, 9s)));
  EXPECT_THAT(NeedlessSince(first, {kNew}, kSecondIsTarget, 9s), IsEmpty());
}

TEST(Needless, Overdue_AreThoseSinceThenOrBefore) {
  EXPECT_THAT(Overdue({{kOld, 5s}, {kGone, 6s}}, 5s), ElementsAre(kOld));
  EXPECT_THAT(Overdue({{kOld, 5s}}, 4s), IsEmpty());
}

TEST(SiteOf, TakesKeyAndDigestOfTheArtifact) {
  model::SiteDemand demand;
  demand.app = kApp;
  demand.release = kFirst;
  demand.artifact =
      model::ArtifactOf(kApp, BuildId("c000000000000000000001"), 2, std::string(64, 'a'), 7);
  demand.spa = true;
  const Site site = SiteOf(demand);
  EXPECT_EQ(site.name, kOld);
  EXPECT_EQ(site.key, "artifacts/" + kApp.str() + "/c000000000000000000001-2.tar.gz");
  EXPECT_EQ(site.digest, (ports::Digest{7, std::string(64, 'a')}));
  EXPECT_TRUE(site.spa);
}

}  // namespace
}  // namespace ns::ssgen
