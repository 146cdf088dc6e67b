// Included by store_contract.h: static sites on the hosts that serve them.
#pragma once

#include "ports/testing/store_contract_base.h"

namespace ns::ports::testing {

class SiteContract : public StoreContract {
 protected:
  static Hint SiteHint(int n) { return {Hint::Kind::kSite, IdOf<AppId>(n).str()}; }

  model::Application NewSite(int n = 1) {
    if (!s.repositories.Get(IdOf<RepositoryId>(1)).ok()) NewRepository(1);
    model::Application app = AppOf(n, IdOf<RepositoryId>(1));
    app.deploy_type = model::DeployType::kStatic;
    app.build.method = "static-cmd";
    EXPECT_EQ(s.apps.Insert(app, nullptr), Status());
    return s.apps.Get(app.id).value();
  }
  // Its target becomes a release of that number.
  void Release(const AppId& app, int n) {
    model::Release release;
    release.id = IdOf<ReleaseId>(n);
    release.build = IdOf<BuildId>(n);
    release.commit = kHashA;
    release.image = Artifact(app, n);
    const auto before = s.apps.Get(app).value().target;
    EXPECT_TRUE(s.deploys
                    .SetTarget(app, before.generation,
                               {0, model::DesiredState::kRunning, release.id, "run", "route"},
                               release)
                    .ok());
  }
  static model::Image Artifact(const AppId& app, int n) {
    return model::ArtifactOf(app, IdOf<BuildId>(n), 1, std::string(64, 'a'), 42);
  }
  HostId SiteHost(int n, const std::string& name = "") {
    model::Host host;
    host.id = IdOf<HostId>(n);
    host.name = name;
    host.roles = {"controller", "ssgen"};
    EXPECT_TRUE(s.hosts.Beat(host, 1min).ok());
    return host.id;
  }
  model::SiteSpread Spread(const AppId& app) { return s.deploys.Snapshot(app)->site.value(); }
  static model::Condition SiteCondition(bool ok, const std::string& reason,
                                        const std::string& message) {
    model::Condition condition;
    condition.type = "Site";
    condition.ok = ok;
    condition.reason = reason;
    condition.message = message;
    return condition;
  }
  static model::Condition Ready() { return SiteCondition(true, "SiteReady", ""); }
  static model::Condition Broken(const std::string& message) {
    return SiteCondition(false, "DiskFull", message);
  }
  // The reason and the message of the condition.
  std::string Said(const AppId& app) {
    const auto all = s.events.Conditions(model::Subject::kApplication, app.str()).value();
    EXPECT_THAT(all, SizeIs(1));
    if (all.empty()) return "";
    EXPECT_EQ(all[0].ok, all[0].reason == "SiteReady");
    return all[0].reason + (all[0].message.empty() ? "" : " " + all[0].message);
  }
  void Observe(const AppId& app, bool converged) {
    model::ObservedApp observed;
    observed.id = app;
    observed.fence = {1, s.apps.Get(app)->target.generation};
    observed.converged = converged;
    EXPECT_EQ(s.deploys.SaveObserved(observed, {}), Status());
  }
};

TEST_P(SiteContract, Demands_AreTheArtifactsOfTargets) {
  const AppId one = NewSite(1).id, two = NewSite(2).id;
  NewApp(3);
  EXPECT_THAT(s.sites.Demands().value(), IsEmpty());
  Release(one, 1);
  Release(two, 2);
  Release(two, 3);
  const auto demands = s.sites.Demands().value();
  ASSERT_THAT(demands, SizeIs(2));
  EXPECT_EQ(demands[0].app, one);
  EXPECT_EQ(demands[1].release, IdOf<ReleaseId>(3));
  EXPECT_EQ(demands[1].artifact, Artifact(two, 3));
  EXPECT_EQ(demands[1].version, s.deploys.Snapshot(two)->version);
  EXPECT_FALSE(demands[1].spa);
  EXPECT_EQ(s.sites.Demand(two).value(), demands[1]);
  EXPECT_EQ(s.sites.Demand(IdOf<AppId>(3)).status().code(), Code::kNotFound);
  EXPECT_EQ(s.sites.Demand(IdOf<AppId>(9)).status().code(), Code::kNotFound);
  ASSERT_EQ(s.apps.MarkDeleted(one), Status());
  EXPECT_THAT(s.sites.Demands().value(), SizeIs(1));
}

TEST_P(SiteContract, Demand_OfAnImage_IsNone) {
  const AppId app = NewSite().id;
  model::Release image;
  image.id = IdOf<ReleaseId>(1);
  image.image = {"r:5000/app:1-1", "sha256:abc", 42};
  ASSERT_TRUE(
      s.deploys
          .SetTarget(app, 0, {0, model::DesiredState::kRunning, image.id, "run", "route"}, image)
          .ok());
  EXPECT_EQ(s.sites.Demand(app).status().code(), Code::kNotFound);
  EXPECT_FALSE(s.deploys.Snapshot(app)->site.has_value());
}

TEST_P(SiteContract, Unsettled_UntilItsVeryTargetWasSeenToBeInForce) {
  const AppId app = NewSite().id;
  Release(app, 1);
  EXPECT_THAT(s.sites.Unsettled().value(), ElementsAre(app));
  Observe(app, false);
  EXPECT_THAT(s.sites.Unsettled().value(), ElementsAre(app));
  Observe(app, true);
  EXPECT_THAT(s.sites.Unsettled().value(), IsEmpty());
  Release(app, 2);
  EXPECT_THAT(s.sites.Unsettled().value(), ElementsAre(app));
  ASSERT_EQ(s.apps.MarkDeleted(app), Status());
  EXPECT_THAT(s.sites.Unsettled().value(), IsEmpty());
}

// The site is served until what follows it is.
TEST_P(SiteContract, Unsettled_IsASiteThatBecomesAProcess) {
  const AppId app = NewSite().id;
  Release(app, 1);
  Observe(app, true);
  model::Release image;
  image.id = IdOf<ReleaseId>(2);
  image.image = {"r:5000/app:1-1", "sha256:abc", 42};
  const auto before = s.apps.Get(app).value().target;
  ASSERT_TRUE(s.deploys
                  .SetTarget(app, before.generation,
                             {0, model::DesiredState::kRunning, image.id, "run", "route"}, image)
                  .ok());
  EXPECT_THAT(s.sites.Demands().value(), IsEmpty());
  EXPECT_THAT(s.sites.Unsettled().value(), ElementsAre(app));
  Observe(app, false);
  EXPECT_THAT(s.sites.Unsettled().value(), ElementsAre(app));
  Observe(app, true);
  EXPECT_THAT(s.sites.Unsettled().value(), IsEmpty());
}

TEST_P(SiteContract, Say_OfOneHost_HidesNothingThatAnotherSays) {
  const AppId app = NewSite().id;
  const HostId a = SiteHost(1, "a"), b = SiteHost(2, "b");
  EXPECT_EQ(s.sites.Say(a, app, Ready()), Status());
  EXPECT_EQ(Said(app), "SiteReady");
  EXPECT_EQ(s.sites.Say(b, app, Broken("of b")), Status());
  EXPECT_EQ(Said(app), "DiskFull of b");
  EXPECT_EQ(s.sites.Say(a, app, Ready()), Status());
  EXPECT_EQ(Said(app), "DiskFull of b");
  EXPECT_EQ(s.sites.Say(a, app, Broken("of a")), Status());
  EXPECT_EQ(Said(app), "DiskFull of a");
  EXPECT_EQ(s.sites.Say(b, app, Broken("of b again")), Status());
  EXPECT_EQ(Said(app), "DiskFull of a") << "the first by name, whoever was last";
  EXPECT_EQ(s.sites.Say(a, app, Ready()), Status());
  EXPECT_EQ(Said(app), "DiskFull of b again");
  EXPECT_EQ(s.sites.Say(b, app, Ready()), Status());
  EXPECT_EQ(Said(app), "SiteReady");
  EXPECT_EQ(s.sites.Say(a, IdOf<AppId>(9), Ready()).code(), Code::kNotFound);
}

TEST_P(SiteContract, Say_WhatAHostSaidThatIsGone_IsForgotten) {
  const AppId app = NewSite().id;
  const HostId a = SiteHost(1, "a"), b = SiteHost(2, "b"), c = SiteHost(3, "c");
  EXPECT_EQ(s.sites.Say(b, app, Broken("of b")), Status());
  EXPECT_EQ(s.sites.Say(c, app, Broken("of c")), Status());
  ASSERT_EQ(s.hosts.Leave(b), Status());
  EXPECT_EQ(s.sites.Say(a, app, Ready()), Status());
  EXPECT_EQ(Said(app), "DiskFull of c");
  LetLapse(3);
  EXPECT_EQ(s.sites.Say(a, app, Ready()), Status());
  EXPECT_EQ(Said(app), "SiteReady");
}

TEST_P(SiteContract, Spread_CountsLiveHostsOfSitesThatHaveTheRelease) {
  const AppId app = NewSite().id;
  Release(app, 1);
  EXPECT_EQ(Spread(app), (model::SiteSpread{0, 0}));
  Beat(9);  // serves none
  const HostId a = SiteHost(1), b = SiteHost(2);
  EXPECT_EQ(Spread(app), (model::SiteSpread{2, 0}));
  ASSERT_EQ(s.sites.Acknowledge(a, app, {IdOf<ReleaseId>(1)}), Status());
  ASSERT_EQ(s.sites.Acknowledge(IdOf<HostId>(9), app, {IdOf<ReleaseId>(1)}), Status());
  EXPECT_EQ(Spread(app), (model::SiteSpread{2, 1}));
  ASSERT_EQ(s.sites.Acknowledge(b, app, {IdOf<ReleaseId>(7), IdOf<ReleaseId>(1)}), Status());
  EXPECT_EQ(Spread(app), (model::SiteSpread{2, 2}));
  ASSERT_EQ(s.sites.Acknowledge(b, app, {IdOf<ReleaseId>(7)}), Status());
  EXPECT_EQ(Spread(app), (model::SiteSpread{2, 1})) << "it has that one no more";
  ASSERT_EQ(s.hosts.Leave(b), Status());
  EXPECT_EQ(Spread(app), (model::SiteSpread{1, 1}));
  Release(app, 2);
  EXPECT_EQ(Spread(app), (model::SiteSpread{1, 0}));
}

TEST_P(SiteContract, Acknowledge_OfAHostThatCameBack_DoesNotCountWhatItSaidBefore) {
  const AppId app = NewSite().id;
  Release(app, 1);
  const HostId a = SiteHost(1);
  ASSERT_EQ(s.sites.Acknowledge(a, app, {IdOf<ReleaseId>(1)}), Status());
  ASSERT_EQ(s.hosts.Leave(a), Status());
  ASSERT_EQ(s.sites.Acknowledge(SiteHost(2), app, {}), Status());  // takes old rows along
  SiteHost(1);
  EXPECT_EQ(Spread(app), (model::SiteSpread{2, 0}));
}

TEST_P(SiteContract, Acknowledge_OfWhatIsGone_KeepsNothing) {
  EXPECT_EQ(s.sites.Acknowledge(SiteHost(1), IdOf<AppId>(9), {IdOf<ReleaseId>(1)}), Status());
}

TEST_P(SiteContract, Hints_TellOfAnotherReleaseAndOfAHostThatHasIt) {
  const AppId app = NewSite().id;
  EXPECT_THAT(HintsOf([&] { Release(app, 1); }), ElementsAre(SiteHint(1)));
  const HostId host = SiteHost(1);
  EXPECT_THAT(HintsOf([&] { (void)s.sites.Acknowledge(host, app, {IdOf<ReleaseId>(1)}); }),
              ElementsAre(SiteHint(1)));
  EXPECT_THAT(HintsOf([&] { (void)s.sites.Acknowledge(host, app, {IdOf<ReleaseId>(1)}); }),
              IsEmpty());
}

TEST_P(SiteContract, Spa_ChangesTheDemandAndIsHinted) {
  model::Application app = NewSite();
  Release(app.id, 1);
  app = s.apps.Get(app.id).value();
  app.spa = true;
  const auto hints =
      HintsOf([&] { EXPECT_EQ(s.apps.Update(app, app.updated_at, nullptr), Status()); });
  EXPECT_THAT(hints, ::testing::Contains(SiteHint(1)));
  EXPECT_TRUE(s.sites.Demand(app.id)->spa);
}

}  // namespace ns::ports::testing
