#include "config.h"

#include <algorithm>
#include <boost/json.hpp>

namespace ns::storage_swift {
namespace {

using storage::Invalid;
using storage::Only;
using storage::Text;

constexpr const char* kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

void CheckAuthUrl(const std::string& url) {
  std::string_view rest = url;
  const bool web = rest.starts_with("http://") || rest.starts_with("https://");
  rest.remove_prefix(std::min(rest.size(), web ? rest.find("//") + 2 : 0));
  if (!web || rest.empty() || rest.front() == '/' || !Only(rest, std::string("-._:[]/") + kUpper))
    throw Invalid("auth_url is \"" + url +
                  "\"; it must be like https://keystone.example.com:5000/v3.");
}

// Becomes a line of a header.
void CheckLine(const char* name, const std::string& value) {
  const bool plain = std::all_of(value.begin(), value.end(),
                                 [](char c) { return static_cast<unsigned char>(c) >= ' '; });
  if (value.empty() || !plain)
    throw Invalid(std::string(name) + " must be a text of one line, and not empty.");
}

void Check(const Config& config) {
  CheckAuthUrl(config.auth_url);
  CheckLine("user", config.user);
  if (config.keystone) CheckLine("project", config.project);
  if (config.container.empty() || config.container.size() > 200 ||
      !Only(config.container, std::string("-._") + kUpper) || config.container.front() == '.')
    throw Invalid("container is \"" + config.container +
                  "\"; it must be 1 to 200 of [A-Za-z0-9._-], not beginning with a dot.");
}

}  // namespace

Config ParseConfig(const std::string& text) {
  const boost::json::object from = storage::ParseSettings(text, "storage-swift");
  Config config;
  const std::string auth = Text(from, "auth", "v3");
  if (auth != "v1" && auth != "v3") throw Invalid("auth is \"" + auth + "\"; it must be v1 or v3.");
  config.keystone = auth == "v3";
  config.auth_url = Text(from, "auth_url");
  if (config.auth_url.ends_with('/')) config.auth_url.pop_back();
  config.user = Text(from, "user");
  config.key = storage::Secret(from, "key");
  config.project = Text(from, "project");
  config.user_domain = Text(from, "user_domain", "Default");
  config.project_domain = Text(from, "project_domain", "Default");
  config.region = Text(from, "region");
  config.container = Text(from, "container");
  config.prefix = storage::Prefix(from);
  config.part_size = storage::PartSize(from, config.part_size, 1 << 20);
  Check(config);
  return config;
}

}  // namespace ns::storage_swift
