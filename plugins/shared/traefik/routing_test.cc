#include "traefik/routing.h"

#include <gtest/gtest.h>

#include "ns/sdk/error.h"

namespace ns::traefik {
namespace {

sdk::Route Route(const std::string& host, const std::string& path = "/") {
  sdk::Route route;
  route.host = host;
  route.path = path;
  route.port = 8080;
  return route;
}

sdk::App App(std::vector<sdk::Route> routes) {
  sdk::App app;
  app.id = "a";
  app.routes = std::move(routes);
  return app;
}

const Upstreams kServing{{"10.0.0.2", "10.0.0.3"}, "http://127.0.0.1:9", "stopped"};
const Upstreams kPage{{}, "http://127.0.0.1:9", "stopped"};

Config Make(const sdk::App& app, const Upstreams& upstreams = kServing,
            const Entries& entries = {}) {
  return MakeConfig(app, upstreams, entries, "nsapp-a", 7);
}

std::string ReasonOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const sdk::Error& error) {
    return error.reason();
  }
  return "";
}

TEST(MakeRule, HostAndPath_MatchWholeSegments) {
  EXPECT_EQ(MakeRule("a.example", "/"), "Host(`a.example`)");
  EXPECT_EQ(MakeRule("a.example", "/api/v1"),
            "Host(`a.example`) && (Path(`/api/v1`) || PathPrefix(`/api/v1/`))");
  EXPECT_EQ(MakeRule("a.example", "/a%20b~_.-"),
            "Host(`a.example`) && (Path(`/a%20b~_.-`) || PathPrefix(`/a%20b~_.-/`))");
}

// Nothing that could end a string of the rule, or name another host, gets through.
TEST(MakeRule, AnythingElse_IsRefused) {
  for (const char* host :
       {"", "A.example", "a..b", ".a", "a.", "-a", "a-", "a-.b", "a`) || Host(`victim", "a b",
        "a\n", "*.a", "{a:.*}", "a/b", "a:80", "ä.de"})
    EXPECT_EQ(ReasonOf([&] { MakeRule(host, "/"); }), NS_REASON_ROUTE_UNSUPPORTED) << host;
  for (const char* path : {"", "a", "/a/", "/`", "/a`) || Host(`v", "/a b", "/a\\b", "/a?b", "/a#b",
                           "/{x}", "/a\n", "/'", "/\"", "/ä"})
    EXPECT_EQ(ReasonOf([&] { MakeRule("a.example", path); }), NS_REASON_ROUTE_UNSUPPORTED) << path;
  EXPECT_EQ(ReasonOf([&] { MakeRule(std::string(64, 'a') + ".example", "/"); }),
            NS_REASON_ROUTE_UNSUPPORTED);
  EXPECT_EQ(ReasonOf([&] { MakeRule(std::string(63, 'a') + ".example", "/"); }), "");
  EXPECT_EQ(ReasonOf([&] { MakeRule("a.example", "/" + std::string(1024, 'a')); }),
            NS_REASON_ROUTE_UNSUPPORTED);
}

TEST(MakeRule, EveryByteInAHost_IsRefusedOrPlain) {
  for (int c = 0; c < 256; ++c) {
    const std::string host = std::string("a") + static_cast<char>(c) + "b";
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.';
    EXPECT_EQ(ReasonOf([&] { MakeRule(host, "/"); }).empty(), plain) << c;
  }
}

TEST(MakeConfig, Serving_LeadsToEveryReplica) {
  const Config config = Make(App({Route("a.example")}));
  EXPECT_EQ(config.routers,
            (std::vector<Router>{
                {"nsapp-a-0", "Host(`a.example`)", "web", "nsapp-a-0", 1'000'000'007, {}, false}}));
  EXPECT_EQ(config.services,
            (std::vector<Service>{
                {"nsapp-a-0", {"http://10.0.0.2:8080", "http://10.0.0.3:8080"}, 8080, false}}));
  EXPECT_TRUE(config.middlewares.empty());
}

TEST(MakeConfig, LongerPath_RanksHigherWhateverTheRank) {
  const Config short_path =
      MakeConfig(App({Route("a.example", "/a")}), kServing, {}, "x", 999'999'999);
  const Config long_path = MakeConfig(App({Route("a.example", "/ab")}), kServing, {}, "y", 1);
  EXPECT_LT(short_path.routers[0].priority, long_path.routers[0].priority);
}

TEST(MakeConfig, StripAndH2c_AreSaid) {
  sdk::Route route = Route("a.example", "/api");
  route.strip_path = route.h2c = true;
  const Config config = Make(App({route}));
  EXPECT_EQ(config.routers[0].middlewares, std::vector<std::string>{"nsapp-a-0-strip"});
  EXPECT_EQ(config.middlewares,
            (std::vector<Middleware>{
                {"nsapp-a-0-strip", Middleware::Kind::kStripPrefix, {{"prefix", "/api"}}}}));
  EXPECT_EQ(config.services[0].urls[0], "h2c://10.0.0.2:8080");
}

TEST(MakeConfig, Tls_HasARouterOnBothEntries) {
  sdk::Route route = Route("a.example");
  route.tls = true;
  EXPECT_EQ(ReasonOf([&] { Make(App({route})); }), NS_REASON_ROUTE_UNSUPPORTED)
      << "without an https entry";
  const Config config = Make(App({route}), kServing, {"web", "websecure", "", ""});
  ASSERT_EQ(config.routers.size(), 2u);
  EXPECT_EQ(config.routers[0].name, "nsapp-a-0-http");
  EXPECT_EQ(config.routers[0].entry, "web");
  EXPECT_EQ(config.routers[0].middlewares, std::vector<std::string>{"nsapp-a-https"});
  EXPECT_EQ(config.routers[1].entry, "websecure");
  EXPECT_TRUE(config.routers[1].tls);
  EXPECT_TRUE(config.routers[1].middlewares.empty());
}

TEST(MakeConfig, Auth_NeedsAnAuthority) {
  sdk::Route route = Route("a.example");
  route.auth = sdk::Auth::kHard;
  EXPECT_EQ(ReasonOf([&] { Make(App({route})); }), NS_REASON_ROUTE_UNSUPPORTED);
  const Config config = Make(App({route}), kServing, {"web", "", "http://soft", "http://hard"});
  EXPECT_EQ(config.routers[0].middlewares, std::vector<std::string>{"nsapp-a-0-auth"});
  EXPECT_EQ(config.middlewares[0].values,
            (std::vector<std::pair<std::string, std::string>>{{"address", "http://hard"}}));
}

TEST(MakeConfig, NothingRuns_LeadsToThePageWithWhy) {
  const Config config = Make(App({Route("a.example"), Route("b.example", "/x")}), kPage);
  ASSERT_EQ(config.routers.size(), 2u);
  for (const Router& router : config.routers) {
    EXPECT_EQ(router.service, "nsapp-a-page-stopped");
    EXPECT_EQ(router.middlewares, std::vector<std::string>{"nsapp-a-page-stopped"});
  }
  EXPECT_EQ(config.services,
            (std::vector<Service>{{"nsapp-a-page-stopped", {"http://127.0.0.1:9"}, 0, false}}));
  EXPECT_EQ(config.middlewares[0].values, (std::vector<std::pair<std::string, std::string>>{
                                              {"X-NS-Page", "stopped"}, {"X-NS-App", "a"}}));
}

// One service for all routes of a site; what chooses it comes last, behind whatever may refuse.
TEST(MakeConfig, Site_LeadsThereWithItsHeadersBehindAuthAndStrip) {
  Upstreams site = kPage;
  site.site = {"http://127.0.0.1:4102", "r2"};
  sdk::Route second = Route("b.example", "/x");
  second.strip_path = true;
  second.auth = sdk::Auth::kSoft;
  const Config config = Make(App({Route("a.example"), second}), site, {"web", "", "http://s", ""});
  ASSERT_EQ(config.routers.size(), 2u);
  EXPECT_EQ(config.routers[0].service, "nsapp-a-site-r2");
  EXPECT_EQ(config.routers[0].middlewares, std::vector<std::string>{"nsapp-a-site-r2"});
  EXPECT_EQ(config.routers[1].service, "nsapp-a-site-r2");
  EXPECT_EQ(config.routers[1].middlewares,
            (std::vector<std::string>{"nsapp-a-1-auth", "nsapp-a-1-strip", "nsapp-a-site-r2"}));
  EXPECT_EQ(config.services,
            (std::vector<Service>{{"nsapp-a-site-r2", {"http://127.0.0.1:4102"}, 0, false}}));
  EXPECT_EQ(config.middlewares.back().kind, Middleware::Kind::kRequestHeaders);
  EXPECT_EQ(config.middlewares.back().values,
            (std::vector<std::pair<std::string, std::string>>{{"X-Controller-App-Id", "a"},
                                                              {"X-Controller-Release-Id", "r2"}}));
  site.hosts = {"10.0.0.2"};
  EXPECT_EQ(Make(App({Route("a.example")}), site).services[0].name, "nsapp-a-0")
      << "replicas come first";
}

TEST(MakeConfig, SiteOverTls_IsRedirectedThereFromHttp) {
  Upstreams site = kPage;
  site.site = {"http://127.0.0.1:4102", "r2"};
  sdk::Route route = Route("a.example");
  route.tls = true;
  const Config config = Make(App({route}), site, {"web", "websecure", "", ""});
  ASSERT_EQ(config.routers.size(), 2u);
  EXPECT_EQ(config.routers[0].middlewares, std::vector<std::string>{"nsapp-a-https"});
  EXPECT_EQ(config.routers[0].service, "nsapp-a-site-r2");
  EXPECT_EQ(config.routers[1].middlewares, std::vector<std::string>{"nsapp-a-site-r2"});
}

TEST(MakeConfig, NothingRunsAndNoPage_WithdrawsRoutes) {
  EXPECT_EQ(Make(App({Route("a.example")}), {}), Config());
}
TEST(MakeConfig, NoRoutes_IsEmpty) { EXPECT_EQ(Make(App({}), kPage), Config()); }

TEST(MakeConfig, PortThatIsNone_IsRefused) {
  sdk::Route route = Route("a.example");
  route.port = 0;
  EXPECT_EQ(ReasonOf([&] { Make(App({route})); }), NS_REASON_ROUTE_UNSUPPORTED);
}

}  // namespace
}  // namespace ns::traefik
