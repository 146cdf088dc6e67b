// Reads Traefik's own API, to tell which routes are in force.
#pragma once

#include <optional>
#include <string>

#include "http/http.h"
#include "traefik/routing.h"

namespace ns::traefik {

class Api {
 public:
  explicit Api(http::Client& http) : http_(http) {}

  // What Traefik does not show of `config` as its provider of that name ("file", "docker") gives
  // it; empty: all of it is in force. A numbered router of the same prefix beyond those of `config`
  // is missing its removal. `address`: "127.0.0.1:8080", of Traefik's API.
  std::string Missing(const sdk::Call& call, const std::string& address, const Config& config,
                      const std::string& prefix, const std::string& provider);

 private:
  std::optional<std::string> Get(const sdk::Call& call, const std::string& address,
                                 const std::string& kind, const std::string& name);

  http::Client& http_;
};

// Pure parts, on the API's JSON. Empty: it is as it should be.
std::string RouterDiffers(const std::string& json, const Router& router,
                          const std::string& provider);
std::string ServiceDiffers(const std::string& json, const Service& service);

}  // namespace ns::traefik
