#include "client.h"

#include <curl/curl.h>
#include <google/protobuf/message.h>

#include <cstring>
#include <exception>
#include <optional>
#include <string_view>

#include "envelope.h"
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

// The body of an answer that is a stream, or else the reason why there is none.
class StreamBody {
 public:
  StreamBody(CURL* curl, const std::function<void(const std::string&)>& each)
      : curl_(curl), each_(each) {}

  static size_t OnBytes(char* data, size_t size, size_t count, void* self) {
    auto& body = *static_cast<StreamBody*>(self);
    try {
      return body.Take({data, size * count}) ? size * count : 0;
    } catch (...) {
      body.thrown_ = std::current_exception();
      return 0;
    }
  }
  // What became of it; an answer that was no stream is in `refusal`.
  void Finish() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }
  bool ended() const { return end_.has_value(); }
  const std::string& end() const { return *end_; }
  const std::string& refusal() const { return refusal_; }

 private:
  bool Take(std::string_view bytes) {
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
      refusal_ += bytes;
      return refusal_.size() < kMostAnswer;
    }
    envelopes_.Add(bytes);
    while (const auto next = envelopes_.Next()) {
      if (next->last)
        end_ = next->body;
      else
        each_(next->body);
    }
    return true;
  }

  CURL* curl_;
  const std::function<void(const std::string&)>& each_;
  Envelopes envelopes_;
  std::optional<std::string> end_;
  std::string refusal_;
  std::exception_ptr thrown_;
};

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
    for (const char* line : {"Connect-Protocol-Version: 1", "Expect:"}) Add(headers_, line);
    if (!token.empty()) Add(headers_, "Authorization: Bearer " + token);
  }
  ~Transfer() { curl_easy_cleanup(curl_); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // The HTTP status and the body; -1 and curl's words when nothing answers.
  std::pair<long, std::string> Post(const std::string& path, const std::string& body,
                                    std::chrono::milliseconds time) {
    std::string answer;
    Prepare(path, body);
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &Append);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl_, CURLOPT_TIMEOUT_MS, static_cast<long>(time.count()) + 5'000);
    Headers headers = CallHeaders("application/proto");
    Add(headers, "Connect-Timeout-Ms: " + std::to_string(time.count()));
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers.get());
    const CURLcode result = curl_easy_perform(curl_);
    if (result != CURLE_OK) return {-1, Why(result)};
    return {Status(), std::move(answer)};
  }

  long Get(const std::string& path) {
    std::string answer;
    Prepare(path);
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &Append);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl_, CURLOPT_TIMEOUT_MS, kConnectTime);
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers_.get());
    return curl_easy_perform(curl_) == CURLE_OK ? Status() : -1;
  }

  // The HTTP status and the body that refuses, or 200 and the end of the stream; -1 and curl's
  // words when the connection breaks.
  std::pair<long, std::string> Stream(const std::string& path, const std::string& body,
                                      const std::function<void(const std::string&)>& each) {
    Prepare(path, body);
    StreamBody answer(curl_, each);
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &StreamBody::OnBytes);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl_, CURLOPT_TCP_KEEPALIVE, 1L);  // a peer that is gone says nothing
    const Headers headers = CallHeaders("application/connect+proto");
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers.get());
    const CURLcode result = curl_easy_perform(curl_);
    answer.Finish();
    const long status = Status();
    if (result == CURLE_OK && status != 200) return {status, answer.refusal()};
    if (answer.ended()) return {200, answer.end()};
    return {-1, result == CURLE_OK ? "the stream broke off" : Why(result)};
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
  Headers CallHeaders(const char* content_type) const {
    Headers headers;
    for (const curl_slist* line = headers_.get(); line; line = line->next) Add(headers, line->data);
    Add(headers, std::string("Content-Type: ") + content_type);
    return headers;
  }
  long Status() const {
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    return status;
  }
  void Prepare(const std::string& path, const std::string& body) {
    Prepare(path);
    curl_easy_setopt(curl_, CURLOPT_POST, 1L);
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  }
  void Prepare(const std::string& path) {
    curl_easy_reset(curl_);  // connections stay open
    error_[0] = '\0';
    curl_easy_setopt(curl_, CURLOPT_URL, (server_.url + path).c_str());
    if (!server_.socket.empty())
      curl_easy_setopt(curl_, CURLOPT_UNIX_SOCKET_PATH, server_.socket.c_str());
    curl_easy_setopt(curl_, CURLOPT_ERRORBUFFER, error_);
    curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT_MS, kConnectTime);
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

namespace {

Failure NobodyThere(const std::string& name, const std::string& why) {
  return {Exit::kUnreachable,
          "Nothing answers on " + name + ": " + why +
              ".\nIs NeoShowcase up (`ns doctor`)? --server or NS_SERVER names another address."};
}

}  // namespace

Client::Client(const std::string& server, std::string token)
    : name_(server),
      server_(ParseServer(server)),
      transfer_(std::make_unique<Transfer>(server_, token)) {}

Client::~Client() = default;

void Client::Call(const std::string& method, const google::protobuf::Message& request,
                  google::protobuf::Message& response, std::chrono::milliseconds time) {
  const auto [status, body] = transfer_->Post("/" + method, request.SerializeAsString(), time);
  if (status < 0) throw NobodyThere(name_, body);
  if (status != 200) throw RefusalOf(status, body);
  if (!response.ParseFromString(body))
    throw Failure(Exit::kFailed, "What " + name_ + " answered is no " + response.GetTypeName() +
                                     ": is that the address of a NeoShowcase API?");
}

long Client::StatusOf(const std::string& path) { return transfer_->Get(path); }

void Client::Stream(const std::string& method, const google::protobuf::Message& request,
                    const std::function<void(const std::string& message)>& each) {
  const auto [status, body] =
      transfer_->Stream("/" + method, Enveloped(request.SerializeAsString()), each);
  if (status < 0) throw NobodyThere(name_, body);
  if (status != 200) throw RefusalOf(status, body);
  if (const auto refused = RefusalAtEnd(body)) throw *refused;
}

}  // namespace ns::cli
