#include "bucket.h"

#include <utility>

#include "digest/digest.h"

namespace ns::storage_s3 {
namespace {

using namespace std::chrono_literals;
using sdk::Call;
using sdk::Error;

constexpr int kTries = 4;
constexpr std::chrono::milliseconds kPause = 200ms;  // before the second try; then twice as long

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

// What the client says of a server that cannot be reached, in a storage's words.
Error Away(const Error& error) {
  return Error(NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE, error.message(),
               sdk::Fault::kPlatform);
}

// The client says a reason only where there was no answer in time; a call that is over says the
// same.
bool IsAway(const Error& error) {
  if (error.code() == NS_E_DEADLINE) return error.reason() == NS_REASON_TIMED_OUT;
  return error.reason().empty() && (error.code() == NS_E_UNAVAILABLE || error.code() == NS_E_RANGE);
}

Error NotThePart(const std::string& what, const std::string& given) {
  return Error(NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE,
               what + ": a part was asked for, and the server gives " + given + ".",
               sdk::Fault::kOperator);
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

http::Response Bucket::Try(const Call& call, const Ask& ask,
                           const std::function<http::Response(const http::Request&)>& send,
                           const std::function<bool()>& may_repeat) {
  const http::Request request = RequestOf(ask);
  for (int n = 1;; ++n) {
    const bool last = n == kTries || ask.again == Again::kNo;
    try {
      http::Response response = send(request);
      if (response.ok()) return response;
      if (last || !IsPassing(response)) throw ErrorOf(Named(ask, config_), response);
    } catch (const Error& error) {
      if (!IsAway(error)) throw;
      call.Check();
      if (last || !may_repeat()) throw Away(error);
    }
    call.Wait(kPause * (1 << (n - 1)));
  }
}

http::Response Bucket::Do(const Call& call, const Ask& ask) {
  return Try(
      call, ask, [&](const http::Request& request) { return client_.Do(call, request); },
      [] { return true; });
}

void Bucket::Stream(const Call& call, const Ask& ask,
                    const std::function<void(std::string_view)>& take) {
  uint64_t given = 0;
  const std::function<void(std::string_view)> note = [&](std::string_view bytes) {
    given += bytes.size();
    if (given > ask.part.value_or(given)) throw NotThePart(Named(ask, config_), "more");
    take(bytes);
  };
  const auto send = [&](http::Request request) {
    request.begin = [&](const http::Response& head) {
      if (ask.part && head.status != 206) throw NotThePart(Named(ask, config_), "everything");
    };
    return client_.Stream(call, request, note);
  };
  Try(call, ask, send, [&] { return given == 0; });
  if (given < ask.part.value_or(0)) throw NotThePart(Named(ask, config_), "less");
}

}  // namespace ns::storage_s3
