#include "config.h"

#include <algorithm>
#include <boost/json.hpp>
#include <string_view>

namespace ns::storage_s3 {
namespace {

using storage::Invalid;
using storage::Only;
using storage::Text;

void CheckEndpoint(const std::string& endpoint) {
  std::string_view host = endpoint;
  const bool web = host.starts_with("http://") || host.starts_with("https://");
  host.remove_prefix(std::min(host.size(), web ? host.find("//") + 2 : 0));
  if (!web || host.empty() || !Only(host, "-.:[]"))
    throw Invalid("endpoint is \"" + endpoint +
                  "\"; it must be like https://s3.example.com, in lower case and without a path.");
}

void Check(const Config& config) {
  if (config.region.empty() || !Only(config.region, "-"))
    throw Invalid("region is \"" + config.region + "\"; it must be of [a-z0-9-].");
  CheckEndpoint(config.endpoint);
  if (config.bucket.size() < 3 || config.bucket.size() > 63 || !Only(config.bucket, "-."))
    throw Invalid("bucket is \"" + config.bucket + "\"; it must be 3 to 63 of [a-z0-9.-].");
}

}  // namespace

std::string Config::Url() const {
  if (!virtual_host) return endpoint + "/" + bucket;
  const size_t host = endpoint.find("//") + 2;
  return endpoint.substr(0, host) + bucket + "." + endpoint.substr(host);
}

Config ParseConfig(const std::string& text) {
  const boost::json::object from = storage::ParseSettings(text, "storage-s3");
  Config config;
  config.region = Text(from, "region", config.region);
  config.endpoint = Text(from, "endpoint");
  if (config.endpoint.empty()) config.endpoint = "https://s3." + config.region + ".amazonaws.com";
  if (config.endpoint.ends_with('/')) config.endpoint.pop_back();
  config.bucket = Text(from, "bucket");
  config.prefix = storage::Prefix(from);
  config.virtual_host = Text(from, "style", "path") == "virtual";
  config.access_key = storage::Secret(from, "access_key");
  config.secret_key = storage::Secret(from, "secret_key");
  config.part_size = storage::PartSize(from, config.part_size, 5 << 20);
  Check(config);
  return config;
}

}  // namespace ns::storage_s3
