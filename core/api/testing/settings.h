// The installation that tests of the API make.
#pragma once

#include <string>

#include "api/dispatcher.h"

namespace ns::api {

inline Settings TestSettings() {
  Settings settings;
  settings.platform.installation = "home";
  settings.platform.domains = {{"*.apps.test", {}, false}, {"plain.test", {}, true}};
  settings.platform.ports = {{model::Protocol::kTcp, 9000, 9010}};
  settings.platform.default_backend = "docker";
  settings.platform.http_address = "apps.test:8080";
  settings.platform.static_sites = true;
  settings.platform.version = "0.1.0";
  settings.platform.public_key = "ssh-ed25519 AAAA home";
  settings.identity.header = "X-Forwarded-User";
  settings.identity.proxies = {"127.0.0.1"};
  settings.identity.secret = Secret("proxy-secret");
  settings.plan_key = Secret(std::string(32, 'k'));
  return settings;
}

}  // namespace ns::api
