#include "nginx_site.h"

#include <signal.h>

#include "nginx_text.h"

namespace ns::site_nginx {

NginxSite::NginxSite(const sdk::Setup& setup)
    : ServedSite(setup, {"nginx", "nginx", "nginx-light", SIGQUIT}) {}

std::string NginxSite::Text(const sdk::SiteSettings& settings, const std::string& mark) const {
  return ConfigText(config(), settings, mark);
}

std::vector<std::string> NginxSite::RunCommand(const std::string& binary,
                                               const Paths& paths) const {
  return {binary, "-e", "stderr", "-p", paths.run, "-c", paths.file};
}

std::vector<std::string> NginxSite::CheckCommand(const std::string& binary,
                                                 const Paths& paths) const {
  return {binary, "-t", "-q", "-e", "stderr", "-p", paths.run, "-c", paths.file};
}

void NginxSite::TakeUp(const sdk::Call&, const Paths&, int64_t pid) {
  if (pid > 0) ::kill(static_cast<pid_t>(pid), SIGHUP);
}

}  // namespace ns::site_nginx
