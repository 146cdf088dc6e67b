#include "caddy_text.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>

namespace ns::site_caddy {
namespace {

using testing::HasSubstr;
using testing::Not;

const sdk::SiteSettings kSettings{"/srv/sites", "127.0.0.1:8080", "/var/lib/x/caddy"};

TEST(CaddyText, SameSettings_SameBytes) {
  EXPECT_EQ(ConfigText(kSettings, "m"), ConfigText(kSettings, "m"));
  EXPECT_NE(ConfigText(kSettings, "m"), ConfigText(kSettings, "n"));
}

TEST(CaddyText, Values_StandWhereTheyBelong) {
  const auto config = boost::json::parse(ConfigText(kSettings, "0123"));
  EXPECT_EQ(config.at("admin").at("listen").as_string(), "unix//var/lib/x/caddy/run/admin.sock");
  const auto& http = config.at("apps").at("http");
  EXPECT_EQ(http.at("grace_period").as_string(), "30s");
  EXPECT_EQ(http.at("servers").at("sites").at("listen").at(0).as_string(), "tcp4/127.0.0.1:8080");
  EXPECT_THAT(ConfigText(kSettings, "0123"),
              HasSubstr("\"/srv/sites/sites/{http.regexp.ids.1}/{http.regexp.ids.2}\""));
  EXPECT_THAT(ConfigText(kSettings, "0123"), HasSubstr("\"X-Site-Mark\":[\"0123\"]"));
}

// A matcher of headers looks at each value alone, while a placeholder joins them.
TEST(CaddyText, HeadersOfASite_AreLookedAtAsTheyAreUsed) {
  const std::string text = ConfigText(kSettings, "");
  EXPECT_THAT(text, HasSubstr("\"ids\":\"{http.request.header.X-Controller-App-Id}:"
                              "{http.request.header.X-Controller-Release-Id}\""));
  EXPECT_THAT(text, HasSubstr("\"vars_regexp\":{\"ids\":{"));
  EXPECT_THAT(text, Not(HasSubstr("\"header_regexp\":{\"X-Controller")));
}

// The descriptor is the same for any address, the text is not.
TEST(CaddyText, OwnAddress_StandsBesideTheHandedSocket) {
  sdk::SiteSettings settings = kSettings;
  settings.own = "127.1.2.3:8080";
  const std::string both = ConfigText(settings, "");
  EXPECT_THAT(both, HasSubstr("\"listen\":[\"tcp4/127.1.2.3:8080\",\"fd/3\"]"));
  settings.listen = "127.0.0.1:8081";
  EXPECT_NE(ConfigText(settings, ""), both);
  settings.listen.clear();
  EXPECT_THAT(ConfigText(settings, ""), HasSubstr("\"listen\":[\"tcp4/127.1.2.3:8080\"]"));
}

TEST(CaddyText, UnixSocket_IsOpenToItsRouter) {
  sdk::SiteSettings settings = kSettings;
  settings.listen = "unix:/var/lib/x/caddy/run/site.sock";
  EXPECT_THAT(ConfigText(settings, ""), HasSubstr("unix//var/lib/x/caddy/run/site.sock|0666"));
}

}  // namespace
}  // namespace ns::site_caddy
