#include "git/http_url.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "git/entry_name.h"

namespace ns::git {
namespace {

constexpr size_t kMaxUrl = 8000;

struct Cleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Handle = std::unique_ptr<CURLU, Cleanup>;

std::string Part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  std::string out = text;
  curl_free(text);
  return out;
}

bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != '\x7f'; });
}

Status Bad(const std::string& why, std::string_view text) {
  return Invalid("the URL \"" + Shown(text) + "\" " + why);
}

// What `url` holds now.
Result<HttpUrl> Understand(CURLU* url, std::string_view text) {
  HttpUrl out;
  out.scheme = Part(url, CURLUPART_SCHEME);
  if (out.scheme != "http" && out.scheme != "https") return Bad("is neither http nor https", text);
  if (!Part(url, CURLUPART_USER).empty() || !Part(url, CURLUPART_PASSWORD).empty())
    return Bad("has credentials in it", text);
  out.host = Part(url, CURLUPART_HOST);
  std::transform(out.host.begin(), out.host.end(), out.host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (out.host.size() > 2 && out.host.front() == '[')
    out.host = out.host.substr(1, out.host.size() - 2);
  out.port = Part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  curl_url_set(url, CURLUPART_FRAGMENT, nullptr, 0);
  out.text = Part(url, CURLUPART_URL);
  if (out.host.empty() || out.port.empty() || out.text.empty()) return Bad("has no host", text);
  if (!IsPlain(out.text) || out.text.size() > kMaxUrl) return Bad("is no URL", text);
  return out;
}

}  // namespace

std::string HttpUrl::Place() const {
  const bool own = port == (scheme == "https" ? "443" : "80");
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return Shown(own ? name : name + ":" + port);
}

bool HttpUrl::SameOrigin(const HttpUrl& other) const {
  return scheme == other.scheme && host == other.host && port == other.port;
}

Result<HttpUrl> ParseHttpUrl(std::string_view text) {
  if (text.size() > kMaxUrl) return Bad("is longer than 8,000 bytes", text);
  if (!IsPlain(text)) return Bad("has blanks, control characters or bytes beyond ASCII", text);
  if (text.find(":///") == text.find(':') && text.find(':') != std::string_view::npos)
    return Bad("has no host", text);  // libcurl would take the first part of the path for one
  const Handle url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), 0) != CURLUE_OK)
    return Bad("is neither http nor https", text);
  return Understand(url.get(), text);
}

Result<HttpUrl> ResolveLocation(const HttpUrl& base, const std::string& location) {
  if (location.size() > kMaxUrl) return Bad("is longer than 8,000 bytes", location);
  if (location.empty() || !IsPlain(location))
    return Bad("has blanks, control characters or bytes beyond ASCII", location);
  const Handle url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, base.text.c_str(), 0) != CURLUE_OK ||
      curl_url_set(url.get(), CURLUPART_URL, location.c_str(), 0) != CURLUE_OK)
    return Bad("is neither http nor https", location);
  return Understand(url.get(), location);
}

}  // namespace ns::git
