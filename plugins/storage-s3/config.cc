#include "config.h"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <string_view>

#include "ns/sdk/storage.h"

namespace ns::storage_s3 {
namespace {

namespace json = boost::json;

sdk::Error Invalid(const std::string& what) {
  return sdk::Error(NS_E_INVALID, NS_REASON_CONFIG_INVALID, what, sdk::Fault::kOperator);
}

std::string Text(const json::object& from, const char* name, const std::string& otherwise = "") {
  const json::value* value = from.if_contains(name);
  if (!value) return otherwise;
  if (!value->is_string()) throw Invalid(std::string(name) + " is no text.");
  return std::string(value->get_string());
}

Credential Secret(const json::object& from, const char* name) {
  const json::value* value = from.if_contains(name);
  Credential credential;
  if (value && value->is_string()) credential.text = std::string(value->get_string());
  if (value && value->is_object()) credential.file = Text(value->get_object(), "file");
  if (credential.text.empty() && !credential.file.starts_with('/'))
    throw Invalid(std::string(name) + " must be a text, or {file: PATH} with an absolute path.");
  return credential;
}

bool Only(std::string_view text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || more.find(c) != more.npos;
  });
}

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
  if (!config.prefix.empty() && (config.prefix.size() > 200 || !config.prefix.ends_with('/') ||
                                 !sdk::IsStorageKey(config.prefix + "x")))
    throw Invalid("prefix is \"" + config.prefix +
                  "\"; it must be names of [a-z0-9._-], each with a slash behind it.");
}

}  // namespace

std::string Config::Url() const {
  if (!virtual_host) return endpoint + "/" + bucket;
  const size_t host = endpoint.find("//") + 2;
  return endpoint.substr(0, host) + bucket + "." + endpoint.substr(host);
}

Config ParseConfig(const std::string& text) {
  json::error_code error;
  const json::value value = json::parse(text.empty() ? "{}" : text, error);
  if (error || !value.is_object())
    throw Invalid("The configuration of storage-s3 is no JSON object.");
  const json::object& from = value.get_object();
  Config config;
  config.region = Text(from, "region", config.region);
  config.endpoint = Text(from, "endpoint");
  if (config.endpoint.empty()) config.endpoint = "https://s3." + config.region + ".amazonaws.com";
  if (config.endpoint.ends_with('/')) config.endpoint.pop_back();
  config.bucket = Text(from, "bucket");
  config.prefix = Text(from, "prefix");
  config.virtual_host = Text(from, "style", "path") == "virtual";
  config.access_key = Secret(from, "access_key");
  config.secret_key = Secret(from, "secret_key");
  if (const json::value* size = from.if_contains("part_size")) {
    if (!size->is_int64() || size->get_int64() < 5 << 20)
      throw Invalid("part_size must be a number of bytes, at least 5242880.");
    config.part_size = static_cast<uint64_t>(size->get_int64());
  }
  Check(config);
  return config;
}

std::string Read(const Credential& credential, const char* name) {
  if (!credential.text.empty()) return credential.text;
  std::ifstream file(credential.file);
  std::string line;
  std::getline(file, line);
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  if (!line.empty()) return line;
  throw sdk::Error(NS_E_UNAVAILABLE, NS_REASON_STORAGE_DENIED,
                   std::string(name) + ": the file " + credential.file +
                       " cannot be read, or its first line is empty.",
                   sdk::Fault::kOperator);
}

}  // namespace ns::storage_s3
