#include "httpd_text.h"

#include <gmock/gmock.h>

namespace ns::site_httpd {
namespace {

using testing::HasSubstr;
using testing::Not;

const sdk::SiteSettings kSettings{"/srv/sites", "127.0.0.1:8080", "/var/lib/x/httpd"};

TEST(HttpdText, SameSettings_SameBytes) {
  EXPECT_EQ(ConfigText({}, kSettings, "m"), ConfigText({}, kSettings, "m"));
  EXPECT_NE(ConfigText({}, kSettings, "m"), ConfigText({}, kSettings, "n"));
}

TEST(HttpdText, Values_StandWhereTheyBelong) {
  site::Config config;
  config.workers = 5;
  config.modules = "/opt/modules";
  const std::string text = ConfigText(config, kSettings, "0123");
  EXPECT_THAT(text, HasSubstr("Listen 127.0.0.1:8080\n"));
  EXPECT_THAT(text, HasSubstr("E=SITE:/srv/sites/sites/%1/%2"));
  EXPECT_THAT(text, HasSubstr("StartServers 5\n"));
  EXPECT_THAT(text, HasSubstr("/opt/modules/mod_rewrite.so"));
  EXPECT_THAT(text, HasSubstr("X-Site-Mark \"0123\" "));
  EXPECT_THAT(text, HasSubstr("GracefulShutdownTimeout 30\n"));
}

TEST(HttpdText, NoWord_IsLeftUnfilled) {
  const std::string text = ConfigText({}, kSettings, "0123");
  for (const char* word :
       {"@root@", "@run@", "@listen@", "@encoded@", "@endings@", "@name@", "@mark@"})
    EXPECT_THAT(text, Not(HasSubstr(word)));
}

TEST(HttpdText, OwnAddress_StandsBesideTheSharedOfWhichNothingIsSet) {
  sdk::SiteSettings settings = kSettings;
  settings.own = "127.1.2.3:8080";
  EXPECT_THAT(
      ConfigText({}, settings, ""),
      HasSubstr("\nListen 127.0.0.1:8080\nListen 127.1.2.3:8080\nAcceptFilter http none\n"));
  settings.listen.clear();
  EXPECT_THAT(ConfigText({}, settings, ""), Not(HasSubstr("127.0.0.1")));
}

}  // namespace
}  // namespace ns::site_httpd
