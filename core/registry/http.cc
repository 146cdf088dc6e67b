#include "registry/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <memory>

namespace ns::registry {
namespace {

constexpr size_t kMostBody = 4 << 20;

struct Exchange {
  const ports::Call& call;
  HttpAnswer answer;
};

size_t OnBody(const char* bytes, size_t one, size_t size, void* context) {
  std::string& body = static_cast<Exchange*>(context)->answer.body;
  if (body.size() + size > kMostBody) return 0;
  body.append(bytes, one * size);
  return size;
}

size_t OnHeader(const char* bytes, size_t one, size_t size, void* context) {
  const std::string_view line(bytes, one * size);
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name(line.substr(0, colon));
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::string_view value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  value = value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
  static_cast<Exchange*>(context)->answer.headers[name] = std::string(value);
  return size;
}

int OnProgress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Exchange*>(context)->call.cancel.stop_requested() ? 1 : 0;
}

Duration Within(const ports::Call& call, Duration timeout, const Clock& clock) {
  return call.deadline ? std::min(timeout, *call.deadline - clock.Monotonic()) : timeout;
}

void SetRequest(CURL* curl, const HttpRequest& request, curl_slist* headers) {
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY,
                   "localhost,127.0.0.1,[::1]");  // a proxy of the environment is for others
  if (!request.username.empty()) {
    curl_easy_setopt(curl, CURLOPT_USERNAME, request.username.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, request.password.Reveal().c_str());
  }
}

void SetAnswer(CURL* curl, Exchange& exchange) {
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &OnProgress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &exchange);
}

}  // namespace

Result<HttpAnswer> Send(const ports::Call& call, const HttpRequest& request, Duration timeout,
                        Clock& clock) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(Within(call, timeout, clock));
  if (left.count() <= 0) return Status(Code::kDeadline, "no time left to ask " + request.url);
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 &curl_easy_cleanup);
  if (!curl) return Internal("libcurl cannot begin");

  curl_slist* list = nullptr;
  for (const std::string& header : request.headers) list = curl_slist_append(list, header.c_str());
  if (!request.bearer.empty())
    list = curl_slist_append(list, ("Authorization: Bearer " + request.bearer.Reveal()).c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(list,
                                                                            &curl_slist_free_all);

  Exchange exchange{call, {}};
  char why[CURL_ERROR_SIZE] = {};
  SetRequest(curl.get(), request, headers.get());
  SetAnswer(curl.get(), exchange);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, why);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code == CURLE_ABORTED_BY_CALLBACK) return Status(Code::kCancelled, "no longer wanted");
  if (code != CURLE_OK) return Unavailable(why[0] != '\0' ? why : curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  exchange.answer.status = static_cast<int>(status);
  return std::move(exchange.answer);
}

}  // namespace ns::registry
