// What an operator has configured and users are told.
#pragma once

#include <string>
#include <vector>

#include "model/app_enums.h"

namespace ns::model {

struct Domain {
  std::string name;  // "example.com" or "*.example.com"
  std::vector<std::string> exclude;
  bool auth = false;
  friend bool operator==(const Domain&, const Domain&) = default;
};

struct PortRange {
  Protocol protocol = Protocol::kTcp;
  int from = 0, to = 0;
  friend bool operator==(const PortRange&, const PortRange&) = default;
};

struct Link {
  std::string name, url;
  friend bool operator==(const Link&, const Link&) = default;
};

struct PlatformInfo {
  std::string installation;
  std::vector<Domain> domains;
  std::vector<PortRange> ports;
  std::vector<Link> links;
  std::string default_backend;
  std::string http_address, https_address;  // "host:port" users reach; for printing URLs
  std::string avatar_base;
  bool static_sites = false;  // somebody serves them
  std::string version, revision;
  std::string public_key;  // of the installation's own SSH key
  friend bool operator==(const PlatformInfo&, const PlatformInfo&) = default;
};

}  // namespace ns::model
