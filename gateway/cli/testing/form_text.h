// Forms as text, and what is wrong with them.
#pragma once

#include <string>
#include <vector>

#include "form/form.h"

namespace ns::cli::form {

inline std::vector<std::string> TextsOf(const std::vector<Mistake>& mistakes) {
  std::vector<std::string> out;
  for (const Mistake& one : mistakes) out.push_back(one.ToString("f"));
  return out;
}

// "f:LINE:COLUMN: field: message" of each.
inline std::vector<std::string> MistakesOf(const std::string& text) {
  return TextsOf(Parse(text).mistakes);
}

inline constexpr char kShopForm[] = R"(repositories:
  - name: shop
    url: https://git.test/shop.git
    auth: {method: basic, user: bot, valueFrom: {env: PASSWORD}}
applications:
  - name: shop
    repository: shop
    ref: main
    running: true
    build:
      method: runtime-dockerfile
      dockerfileName: Dockerfile
      autoShutdown:
        enabled: true
        startup: loading_page
    websites:
      - fqdn: Shop.Test
        httpPort: 8080
        authentication: soft
    portPublications:
      - internetPort: 9000
        applicationPort: 90
        protocol: udp
    env:
      GREETING: "yes"
      BUILD: {value: x, scope: build}
      TOKEN: {secret: true, valueFrom: {file: token}}
    owners: [alice]
)";

}  // namespace ns::cli::form
