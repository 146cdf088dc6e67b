#include "nginx_text.h"

#include <gmock/gmock.h>

namespace ns::site_nginx {
namespace {

using testing::HasSubstr;
using testing::Not;

const sdk::SiteSettings kSettings{"/srv/sites", "127.0.0.1:8080", "/var/lib/x/nginx"};

TEST(NginxText, SameSettings_SameBytes) {
  EXPECT_EQ(ConfigText({}, kSettings, "m"), ConfigText({}, kSettings, "m"));
  EXPECT_NE(ConfigText({}, kSettings, "m"), ConfigText({}, kSettings, "n"));
}

TEST(NginxText, Values_StandWhereTheyBelong) {
  site::Config config;
  config.workers = 5;
  const std::string text = ConfigText(config, kSettings, "0123");
  EXPECT_THAT(text, HasSubstr("listen 127.0.0.1:8080;"));
  EXPECT_THAT(text, HasSubstr("/srv/sites/sites/$app/$release"));
  EXPECT_THAT(text, HasSubstr("worker_processes 5;"));
  EXPECT_THAT(text, HasSubstr("\"0123\";"));
  EXPECT_THAT(text, HasSubstr("worker_shutdown_timeout 30s;"));
}

TEST(NginxText, NoWord_IsLeftUnfilled) {
  const std::string text = ConfigText({}, kSettings, "0123");
  for (const char* word : {"@root@", "@run@", "@listen@", "@encoded@", "@type@", "@mark@"})
    EXPECT_THAT(text, Not(HasSubstr(word)));
  EXPECT_THAT(text, HasSubstr("location @next {"));
}

TEST(NginxText, OwnAddress_StandsBesideTheShared) {
  sdk::SiteSettings settings = kSettings;
  settings.own = "127.1.2.3:8080";
  EXPECT_THAT(ConfigText({}, settings, ""),
              HasSubstr("    listen 127.0.0.1:8080;\n    listen 127.1.2.3:8080;\n"));
  settings.listen.clear();
  EXPECT_THAT(ConfigText({}, settings, ""), HasSubstr("{\n    listen 127.1.2.3:8080;\n    root"));
}

}  // namespace
}  // namespace ns::site_nginx
