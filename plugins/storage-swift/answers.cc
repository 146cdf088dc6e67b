#include "answers.h"

#include <openssl/evp.h>

#include <boost/json.hpp>

#include "storage/transfer.h"

namespace ns::storage_swift {
namespace {

namespace json = boost::json;
using sdk::Error;
using sdk::Fault;
using storage::HeaderOf;

Error NotUnderstood(const std::string& what) {
  return Error(NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE, what, Fault::kOperator);
}

// What the server adds to the number: a sentence that is no page, and the name that its log has.
std::string MoreOf(const http::Response& response) {
  std::string more;
  if (!response.body.empty() && response.body.front() != '<')
    more += ": " + response.body.substr(0, 300);
  const std::string transaction = HeaderOf(response, "x-trans-id");
  if (!transaction.empty()) more += " (" + transaction + ")";
  return more;
}

std::string TextOf(const json::object& from, const char* name) {
  const json::value* value = from.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

const json::array& ArrayOf(const json::object& from, const char* name) {
  static const json::array kNone;
  const json::value* value = from.if_contains(name);
  return value && value->is_array() ? value->get_array() : kNone;
}

Access Checked(Access access) {
  if (access.url.ends_with('/')) access.url.pop_back();
  if (!access.url.starts_with("http://") && !access.url.starts_with("https://"))
    throw NotUnderstood("The answer to the sign-in names no URL of a storage; is it auth_url?");
  if (access.token.empty())
    throw NotUnderstood("The answer to the sign-in has no token; is it auth_url?");
  return access;
}

bool IsOf(const json::object& endpoint, const std::string& region) {
  if (TextOf(endpoint, "interface") != "public") return false;
  return region.empty() || TextOf(endpoint, "region_id") == region ||
         TextOf(endpoint, "region") == region;
}

}  // namespace

bool IsPassing(const http::Response& response) {
  // 409: others do something with that object just now; 408: the body came too slowly.
  for (const int status : {408, 409, 429, 498, 500, 502, 503, 504}) {
    if (response.status == status) return true;
  }
  return false;
}

Error ErrorOf(const std::string& what, const http::Response& response, Missing missing) {
  const int status = response.status;
  const std::string message =
      what + ": the server says " + std::to_string(status) + MoreOf(response) + ".";
  if (status == 404 && missing == Missing::kObject)
    return Error(NS_E_NOT_FOUND, NS_REASON_OBJECT_MISSING, message, Fault::kPlatform);
  if (status == 422)
    return Error(NS_E_INVALID, NS_REASON_DIGEST_MISMATCH, message, Fault::kPlatform);
  if (status == 413 || status == 507)
    return Error(NS_E_UNAVAILABLE, NS_REASON_DISK_FULL, message, Fault::kPlatform);
  if (status == 401 || status == 403)
    return Error(NS_E_UNAVAILABLE, NS_REASON_STORAGE_DENIED, message, Fault::kOperator);
  return Error(NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE, message,
               status >= 500 ? Fault::kPlatform : Fault::kOperator);
}

std::string RenderSignIn(const Config& config, const std::string& key) {
  const json::value body = {
      {"auth",
       {{"identity",
         {{"methods", json::array{"password"}},
          {"password",
           {{"user",
             {{"name", config.user},
              {"domain", {{"name", config.user_domain}}},
              {"password", key}}}}}}},
        {"scope",
         {{"project",
           {{"name", config.project}, {"domain", {{"name", config.project_domain}}}}}}}}}};
  return json::serialize(body);
}

Access ParseV1(const http::Response& response) {
  return Checked({HeaderOf(response, "x-storage-url"), HeaderOf(response, "x-auth-token")});
}

Access ParseV3(const http::Response& response, const std::string& region) {
  json::error_code error;
  const json::value value = json::parse(response.body, error);
  const json::value* token =
      !error && value.is_object() ? value.get_object().if_contains("token") : nullptr;
  if (!token || !token->is_object())
    throw NotUnderstood("The answer to the sign-in is no token; is auth_url one of Keystone v3?");
  for (const json::value& service : ArrayOf(token->get_object(), "catalog")) {
    if (!service.is_object() || TextOf(service.get_object(), "type") != "object-store") continue;
    for (const json::value& endpoint : ArrayOf(service.get_object(), "endpoints")) {
      if (endpoint.is_object() && IsOf(endpoint.get_object(), region))
        return Checked(
            {TextOf(endpoint.get_object(), "url"), HeaderOf(response, "x-subject-token")});
    }
  }
  throw NotUnderstood("The catalog has no public endpoint of an object-store" +
                      (region.empty() ? std::string(".") : " in the region " + region + "."));
}

std::vector<Entry> ParseEntries(std::string_view text) {
  json::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_array())
    throw NotUnderstood("The server's answer is no list of objects; is it a Swift?");
  std::vector<Entry> entries;
  for (const json::value& object : value.get_array()) {
    const json::value* size =
        object.is_object() ? object.get_object().if_contains("bytes") : nullptr;
    if (!size || !size->is_int64() || size->get_int64() < 0 ||
        TextOf(object.get_object(), "name").empty())
      throw NotUnderstood("The server's list has something that is no object.");
    entries.push_back({TextOf(object.get_object(), "name"),
                       static_cast<uint64_t>(size->get_int64()),
                       TextOf(object.get_object(), "last_modified")});
  }
  return entries;
}

std::string RenderManifest(const std::vector<Segment>& segments) {
  json::array manifest;
  for (const Segment& segment : segments)
    manifest.push_back(
        {{"path", segment.path}, {"etag", segment.md5}, {"size_bytes", segment.size}});
  return json::serialize(manifest);
}

std::string Md5Hex(std::string_view bytes) {
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), sum, &size, EVP_md5(), nullptr) != 1)
    throw Error(NS_E_INTERNAL, "", "OpenSSL has no MD5 here, which Swift's ETags are.",
                Fault::kOperator);
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += "0123456789abcdef"[sum[i] >> 4];
    text += "0123456789abcdef"[sum[i] & 15];
  }
  return text;
}

}  // namespace ns::storage_swift
