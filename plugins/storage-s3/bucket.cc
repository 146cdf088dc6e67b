#include "bucket.h"

#include <utility>

#include "digest/digest.h"

namespace ns::storage_s3 {
namespace {

using sdk::Call;

std::string Rendered(const Query& query) {
  std::string text;
  for (const auto& [name, value] : query)
    text += (text.empty() ? "?" : "&") + name + "=" + http::Escaped(value);
  return text;
}

// Below the URL of the bucket, which has no slash of its own: servers differ in what they take
// "/bucket/" for when they look at a signature.
std::string PathOf(const Bucket::Ask& ask, const Config& config) {
  if (ask.key.empty()) return config.virtual_host ? "/" : "";
  return "/" + config.prefix + ask.key;
}

std::string Named(const Bucket::Ask& ask, const Config& config) {
  return ask.method + " of " + config.bucket + "/" + config.prefix + ask.key;
}

}  // namespace

Bucket::Bucket(const Config& config, std::string access_key, std::string secret_key)
    : config_(config), access_key_(std::move(access_key)), secret_key_(std::move(secret_key)) {}

http::Request Bucket::RequestOf(const Ask& ask) const {
  http::Request request;
  request.method = ask.method;
  request.url = config_.Url() + PathOf(ask, config_) + Rendered(ask.query);
  request.headers = ask.headers;
  request.headers.emplace_back("x-amz-content-sha256",
                               ask.sha256.empty() ? digest::Sha256Hex(ask.body) : ask.sha256);
  if (!ask.body.empty()) request.headers.emplace_back("Content-Type", "application/octet-stream");
  request.body = ask.body;
  request.timeout = ask.timeout;
  request.silence = ask.silence;
  request.sign = "aws:amz:" + config_.region + ":s3";
  request.user = access_key_;
  request.password = secret_key_;
  return request;
}

storage::Asked Bucket::AskedOf(const Ask& ask) const {
  const std::string what = Named(ask, config_);
  return {
      what, ask.once,  RequestOf(ask),
      {},   IsPassing, [what](const http::Response& response) { return ErrorOf(what, response); }};
}

http::Response Bucket::Do(const Call& call, const Ask& ask) {
  return storage::Do(call, client_, AskedOf(ask));
}

void Bucket::Stream(const Call& call, const Ask& ask,
                    const std::function<void(std::string_view)>& take) {
  storage::Stream(call, client_, AskedOf(ask), ask.part, take);
}

}  // namespace ns::storage_s3
