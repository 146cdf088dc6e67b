#include "caddy_site.h"

#include <signal.h>

#include "caddy_text.h"
#include "site/files.h"

namespace ns::site_caddy {

CaddySite::CaddySite(const sdk::Setup& setup)
    : ServedSite(setup, {"caddy", "caddy", "Caddy 2.11 or later", SIGTERM}) {}

std::string CaddySite::Text(const sdk::SiteSettings& settings, const std::string& mark) const {
  return ConfigText(settings, mark);
}

std::vector<std::string> CaddySite::RunCommand(const std::string& binary,
                                               const Paths& paths) const {
  return {binary, "run", "--config", paths.file};
}

std::vector<std::string> CaddySite::CheckCommand(const std::string& binary,
                                                 const Paths& paths) const {
  return {binary, "validate", "--config", paths.file};
}

void CaddySite::TakeUp(const sdk::Call& call, const Paths& paths, int64_t) {
  http::Request request;
  request.method = "POST";
  request.url = "http://127.0.0.1/load";
  request.unix_socket = AdminSocketIn(paths.run);
  request.headers = {{"Content-Type", "application/json"}};
  request.body = site::ReadWhole(paths.file);
  http::Response response;
  try {
    response = http().Do(call, request);
  } catch (const sdk::Error& error) {
    if (error.code() != NS_E_UNAVAILABLE) throw;
    return;  // it is starting, and reads the file
  }
  if (!response.ok())
    throw sdk::Error(NS_E_INVALID, NS_REASON_CONFIG_INVALID,
                     "caddy refuses its configuration: " + response.body.substr(0, 600) + ".",
                     sdk::Fault::kOperator);
}

}  // namespace ns::site_caddy
