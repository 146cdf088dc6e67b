#include "traefik/render.h"

#include <gtest/gtest.h>

#include "ns/sdk/error.h"
#include "traefik/api.h"

namespace ns::traefik {
namespace {

Config Full() {
  Config config;
  config.routers = {{"r", "Host(`a`)", "web", "s", 9, {"m1", "m2"}, true}};
  config.services = {{"s", {"http://10.0.0.2:80", "http://10.0.0.3:80"}, 80, false}};
  config.middlewares = {{"m1", Middleware::Kind::kStripPrefix, {{"prefix", "/p"}}},
                        {"m2", Middleware::Kind::kHttpsOnly, {{"scheme", "https"}}},
                        {"m3", Middleware::Kind::kForwardAuth, {{"address", "http://auth"}}},
                        {"m4", Middleware::Kind::kRequestHeaders, {{"X-A", "it's"}}}};
  return config;
}

TEST(RenderFile, Everything_IsYaml) {
  EXPECT_EQ(RenderFile(Full()), R"(http:
  routers:
    'r':
      rule: 'Host(`a`)'
      entryPoints: ['web']
      service: 's'
      priority: 9
      middlewares: ['m1', 'm2']
      tls: {}
  services:
    's':
      loadBalancer:
        serversTransport: 'neoshowcase'
        servers:
          - url: 'http://10.0.0.2:80'
          - url: 'http://10.0.0.3:80'
  middlewares:
    'm1':
      stripPrefix: {prefixes: ['/p']}
    'm2':
      redirectScheme: {scheme: 'https', permanent: true}
    'm3':
      forwardAuth: {address: 'http://auth'}
    'm4':
      headers:
        customRequestHeaders:
          'X-A': 'it''s'
)");
}

TEST(RenderFile, Nothing_IsAnEmptyDocument) { EXPECT_EQ(RenderFile({}), "{}\n"); }

TEST(SharedFile, Transport_ClosesIdleConnectionsSoonAndNothingRetries) {
  EXPECT_NE(SharedFile().find("idleConnTimeout: 1s"), std::string::npos);
  EXPECT_EQ(SharedFile().find("retry"), std::string::npos);
}

TEST(RenderLabels, Everything_IsSaid) {
  const std::map<std::string, std::string> expected = {
      {"traefik.enable", "true"},
      {"traefik.docker.network", "net"},
      {"traefik.http.routers.r.rule", "Host(`a`)"},
      {"traefik.http.routers.r.entrypoints", "web"},
      {"traefik.http.routers.r.service", "s"},
      {"traefik.http.routers.r.priority", "9"},
      {"traefik.http.routers.r.middlewares", "m1,m2"},
      {"traefik.http.routers.r.tls", "true"},
      {"traefik.http.services.s.loadbalancer.server.port", "80"},
      {"traefik.http.services.s.loadbalancer.serverstransport", "neoshowcase@file"},
      {"traefik.http.middlewares.m1.stripprefix.prefixes", "/p"},
      {"traefik.http.middlewares.m2.redirectscheme.scheme", "https"},
      {"traefik.http.middlewares.m2.redirectscheme.permanent", "true"},
      {"traefik.http.middlewares.m3.forwardauth.address", "http://auth"},
      {"traefik.http.middlewares.m4.headers.customrequestheaders.X-A", "it's"},
  };
  EXPECT_EQ(RenderLabels(Full(), "net"), expected);
  EXPECT_TRUE(RenderLabels({}, "net").empty());
}

TEST(RenderLabels, Page_IsRefused) {
  Config config = Full();
  config.services[0].port = 0;
  EXPECT_THROW(RenderLabels(config, "net"), sdk::Error);
}

const Router kRouter{"r", "Host(`a`)", "web", "s", 9, {"m"}, false};

TEST(RouterDiffers, AsAskedFor_IsNothing) {
  EXPECT_EQ(
      RouterDiffers(
          R"j({"entryPoints":["web"],"middlewares":["m@file"],"service":"s","rule":"Host(`a`)","status":"enabled"})j",
          kRouter, "file"),
      "");
  EXPECT_EQ(
      RouterDiffers(
          R"j({"middlewares":["m@file"],"service":"s@file","rule":"Host(`a`)","status":"enabled"})j",
          kRouter, "file"),
      "");
}

TEST(RouterDiffers, Otherwise_SaysWhat) {
  EXPECT_NE(
      RouterDiffers(
          R"j({"middlewares":["m@file"],"service":"s","rule":"Host(`b`)","status":"enabled"})j",
          kRouter, "file")
          .find("another rule"),
      std::string::npos);
  EXPECT_NE(
      RouterDiffers(
          R"j({"middlewares":["m@file"],"service":"t","rule":"Host(`a`)","status":"enabled"})j",
          kRouter, "file")
          .find("another service"),
      std::string::npos);
  EXPECT_NE(
      RouterDiffers(R"j({"service":"s","rule":"Host(`a`)","status":"enabled"})j", kRouter, "file")
          .find("middlewares"),
      std::string::npos);
  EXPECT_NE(RouterDiffers(R"j({"status":"disabled","error":["no such service"]})j", kRouter, "file")
                .find("no such service"),
            std::string::npos);
  EXPECT_NE(RouterDiffers("<html>", kRouter, "file"), "");
}

TEST(ServiceDiffers, ExactlyTheServers_Count) {
  const Service service{"s", {"http://10.0.0.2:80"}, 80, false};
  EXPECT_EQ(
      ServiceDiffers(
          R"j({"loadBalancer":{"servers":[{"url":"http://10.0.0.2:80"}]},"status":"enabled"})j",
          service),
      "");
  EXPECT_NE(
      ServiceDiffers(
          R"j({"loadBalancer":{"servers":[{"url":"http://10.0.0.2:80"},{"url":"http://10.0.0.1:80"}]},"status":"enabled"})j",
          service),
      "");
  EXPECT_NE(ServiceDiffers(R"j({"loadBalancer":{},"status":"enabled"})j", service), "");
  EXPECT_NE(ServiceDiffers("", service), "");
}

}  // namespace
}  // namespace ns::traefik
