#include "client.h"

#include <curl/curl.h>
#include <google/protobuf/message.h>

#include <cstring>

#include "failure.h"
#include "refusal.h"

namespace ns::cli {
namespace {

constexpr size_t kMostAnswer = 256u << 20;  // bytes
constexpr long kConnectTime = 10'000;       // ms

size_t Append(char* data, size_t size, size_t count, void* to) {
  auto& body = *static_cast<std::string*>(to);
  if (body.size() + size * count > kMostAnswer) return 0;
  body.append(data, size * count);
  return size * count;
}

std::string WithoutSlash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, FreeList>;

void Add(Headers& headers, const std::string& line) {
  headers.reset(curl_slist_append(headers.release(), line.c_str()));
}

}  // namespace

Server ParseServer(const std::string& text) {
  if (text.starts_with("unix:/")) return {"http://localhost", text.substr(5)};
  if (text.starts_with("http://") || text.starts_with("https://")) return {WithoutSlash(text), ""};
  throw Failure(Exit::kUsage,
                "--server (or NS_SERVER) is '" + text +
                    "'; give unix:/path/of/socket, http://host:port or https://host.");
}

class Client::Transfer {
 public:
  Transfer(const Server& server, const std::string& token)
      : server_(server), curl_(curl_easy_init()) {
    for (const char* line :
         {"Content-Type: application/proto", "Connect-Protocol-Version: 1", "Expect:"})
      Add(headers_, line);
    if (!token.empty()) Add(headers_, "Authorization: Bearer " + token);
  }
  ~Transfer() { curl_easy_cleanup(curl_); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // The HTTP status and the body; -1 and curl's words when nothing answers.
  std::pair<long, std::string> Post(const std::string& path, const std::string& body,
                                    std::chrono::milliseconds time) {
    std::string answer;
    Prepare(path, body, time, answer);
    Headers headers = CallHeaders(time);
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers.get());
    const CURLcode result = curl_easy_perform(curl_);
    if (result != CURLE_OK) return {-1, Why(result)};
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    return {status, std::move(answer)};
  }

 private:
  // curl speaks of a host and a port where there is only a socket.
  std::string Why(CURLcode result) const {
    long error = 0;
    curl_easy_getinfo(curl_, CURLINFO_OS_ERRNO, &error);
    if (result == CURLE_COULDNT_CONNECT && !server_.socket.empty() && error != 0)
      return std::strerror(static_cast<int>(error));
    return error_[0] ? error_ : curl_easy_strerror(result);
  }
  Headers CallHeaders(std::chrono::milliseconds time) const {
    Headers headers;
    for (const curl_slist* line = headers_.get(); line; line = line->next) Add(headers, line->data);
    Add(headers, "Connect-Timeout-Ms: " + std::to_string(time.count()));
    return headers;
  }
  void Prepare(const std::string& path, const std::string& body, std::chrono::milliseconds time,
               std::string& answer) {
    curl_easy_reset(curl_);  // connections stay open
    error_[0] = '\0';
    curl_easy_setopt(curl_, CURLOPT_URL, (server_.url + path).c_str());
    if (!server_.socket.empty())
      curl_easy_setopt(curl_, CURLOPT_UNIX_SOCKET_PATH, server_.socket.c_str());
    curl_easy_setopt(curl_, CURLOPT_POST, 1L);
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &Append);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl_, CURLOPT_ERRORBUFFER, error_);
    curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT_MS, kConnectTime);
    curl_easy_setopt(curl_, CURLOPT_TIMEOUT_MS, static_cast<long>(time.count()) + 5'000);
    curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "http,https");
    // On the machine itself no proxy of the environment is asked.
    if (!server_.socket.empty())
      curl_easy_setopt(curl_, CURLOPT_PROXY, "");
    else
      curl_easy_setopt(curl_, CURLOPT_NOPROXY, "127.0.0.1,localhost,::1");
  }

  const Server& server_;
  CURL* curl_;
  Headers headers_;
  char error_[CURL_ERROR_SIZE] = "";
};

Client::Client(const std::string& server, std::string token)
    : name_(server),
      server_(ParseServer(server)),
      transfer_(std::make_unique<Transfer>(server_, token)) {}

Client::~Client() = default;

void Client::Call(const std::string& method, const google::protobuf::Message& request,
                  google::protobuf::Message& response, std::chrono::milliseconds time) {
  const auto [status, body] = transfer_->Post("/" + method, request.SerializeAsString(), time);
  if (status < 0) {
    throw Failure(
        Exit::kUnreachable,
        "Nothing answers on " + name_ + ": " + body +
            ".\nIs NeoShowcase up (`ns doctor`)? --server or NS_SERVER names another address.");
  }
  if (status != 200) throw RefusalOf(status, body);
  if (!response.ParseFromString(body))
    throw Failure(Exit::kFailed, "What " + name_ + " answered is no " + response.GetTypeName() +
                                     ": is that the address of a NeoShowcase API?");
}

}  // namespace ns::cli
