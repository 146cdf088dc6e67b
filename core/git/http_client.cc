#include "git/http_client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <utility>

#include "git/entry_name.h"

namespace ns::git {
namespace {

constexpr int kMaxRedirects = 5;
constexpr size_t kAtOnce = 8;
constexpr size_t kMaxComplaint = 64 << 10;
constexpr size_t kMaxHeaders = 256 << 10;
constexpr long kConnectTime = 15, kSilence = 60;  // seconds

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Status Unreachable(const std::string& message) {
  return Status(Code::kUnavailable, "RemoteUnreachable", message).SetFault(Fault::kPlatform);
}

Status Refused(const std::string& message) {
  return Status(Code::kDenied, "AddressRefused", message).SetFault(Fault::kOperator);
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, FreeList>;

Headers HeadersOf(const HttpCall& call) {
  Headers list;
  const auto add = [&](const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    (void)list.release();
    list.reset(longer);
  };
  for (const std::string& line : call.headers) add(line);
  for (const std::string& line : call.secrets) add(line);
  if (call.body) add("Expect:");
  return list;
}

// `call` for where a redirect leads.
Status Redirect(HttpCall& call, const HttpUrl& next) {
  if (call.url.scheme == "https" && next.scheme == "http")
    return Refused(call.url.Place() + " redirects to " + next.Place() +
                   " without TLS: give the URL it redirects to");
  if (!next.SameOrigin(call.url)) {
    if (call.body && !call.secrets.empty())
      return Refused("the server redirects to " + next.Place() + ", where the credentials for " +
                     call.url.Place() + " are not sent: give the URL it redirects to");
    call.secrets.clear();
    if (!call.body) call.headers.clear();
  }
  call.url = next;
  return {};
}

}  // namespace

// What libcurl's callbacks work on.
struct HttpClient::Transfer {
  HttpJob job;
  const Connections& connections;
  CURLM* const multi;
  CURL* const curl = curl_easy_init();
  Headers headers;
  int redirects = 0;
  std::string complaint;
  Status problem;           // that a callback found
  size_t header_bytes = 0;  // of an answer
  Result<HttpAnswer> outcome = HttpAnswer();

  Transfer(HttpJob what, const Connections& through, CURLM* in)
      : job(std::move(what)), connections(through), multi(in) {}
  ~Transfer() {
    curl_multi_remove_handle(multi, curl);
    curl_easy_cleanup(curl);
  }

  static curl_socket_t Open(void* self, curlsocktype, curl_sockaddr* to) {
    auto* transfer = static_cast<Transfer*>(self);
    supervise::SocketAddress address;
    address.size = std::min<socklen_t>(to->addrlen, sizeof address.storage);
    std::memcpy(&address.storage, &to->addr, address.size);
    const Status status = transfer->connections.Check(transfer->job.call.url.host, address);
    if (status.ok()) return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    transfer->problem = status;
    return CURL_SOCKET_BAD;
  }

  // libcurl keeps all headers, however many.
  static size_t CountHeader(const char*, size_t one, size_t count, void* self) {
    auto* transfer = static_cast<Transfer*>(self);
    transfer->header_bytes += one * count;
    if (transfer->header_bytes <= kMaxHeaders) return one * count;
    transfer->problem =
        Unreachable(transfer->job.call.url.Place() + " answers with more than 256 KiB of headers");
    return 0;
  }

  static size_t Take(const char* bytes, size_t one, size_t count, void* self) {
    auto* transfer = static_cast<Transfer*>(self);
    if (transfer->HttpStatus() / 100 == 2) {
      transfer->problem = transfer->job.sink(std::string_view(bytes, one * count));
      return transfer->problem.ok() ? one * count : 0;
    }
    const size_t room = kMaxComplaint - transfer->complaint.size();
    transfer->complaint.append(bytes, std::min(one * count, room));
    return one * count > room ? 0 : one * count;
  }

  int HttpStatus() const {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
  }

  Result<HttpAnswer> Answer(CURLcode code) {
    HttpAnswer answer;
    answer.status = HttpStatus();
    const bool long_complaint = code == CURLE_WRITE_ERROR && problem.ok() && answer.status >= 300;
    if (code != CURLE_OK && !long_complaint) return Explain(code);
    answer.complaint = std::move(complaint);
    curl_header* location = nullptr;
    if (curl_easy_header(curl, "Location", 0, CURLH_HEADER, -1, &location) == CURLHE_OK)
      answer.location = location->value;
    return answer;
  }

  Status Explain(CURLcode code) const {
    const HttpUrl& url = job.call.url;
    if (!problem.ok()) return problem;
    const std::string why = Shown(curl_easy_strerror(code));
    if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
    if (code == CURLE_OPERATION_TIMEDOUT) {
      return Status(Code::kDeadline, "RemoteTimeout",
                    url.Place() + " does not answer in time: " + why)
          .SetFault(Fault::kPlatform);
    }
    if (code == CURLE_COULDNT_RESOLVE_HOST)
      return Unreachable("cannot resolve " + Shown(url.host) +
                         "; check the name and the DNS of this machine");
    return Unreachable("cannot talk to " + url.Place() + ": " + why);
  }
};

HttpClient::HttpClient(const Connections& connections, std::string ca_file)
    : connections_(connections), ca_file_(std::move(ca_file)), multi_([] {
        curl_global_init(CURL_GLOBAL_DEFAULT);
        return curl_multi_init();
      }()) {}

HttpClient::~HttpClient() { curl_multi_cleanup(multi_); }

Status HttpClient::Begin(Transfer& transfer) {
  CURL* curl = transfer.curl;
  if (curl == nullptr) throw std::bad_alloc();
  HttpCall& call = transfer.job.call;
  curl_easy_reset(curl);
  transfer.headers = HeadersOf(call);
  transfer.header_bytes = 0;
  transfer.complaint.clear();
  transfer.problem = Status();
  curl_easy_setopt(curl, CURLOPT_URL, call.url.text.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "git-lfs/3 (NeoShowcase)");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, transfer.headers.get());
  if (!ca_file_.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file_.c_str());
  if (call.body) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body->size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call.body->data());
  }
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectTime);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, kSilence);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &Transfer::Open);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Transfer::CountHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Transfer::Take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  const CURLMcode code = curl_multi_add_handle(multi_, curl);
  return code == CURLM_OK ? Status() : Internal(curl_multi_strerror(code));
}

bool HttpClient::GoesOn(Transfer& transfer, CURLcode code) {
  HttpCall& call = transfer.job.call;
  transfer.outcome = transfer.Answer(code);
  if (!transfer.outcome.ok()) return false;
  const HttpAnswer& answer = *transfer.outcome;
  const bool lost = call.body && answer.status == 303;  // asks for a GET
  if (!IsRedirect(answer.status) || answer.location.empty() || lost) return false;
  Status status;
  const auto next = ResolveLocation(call.url, answer.location);
  if (++transfer.redirects > kMaxRedirects)
    status = Unreachable(call.url.Place() + " redirects more than " +
                         std::to_string(kMaxRedirects) + " times");
  else if (!next.ok())
    status = Unreachable(call.url.Place() + " redirects to no place: " + next.status().message());
  else
    status = Redirect(call, *next);
  if (status.ok()) {
    curl_multi_remove_handle(multi_, transfer.curl);
    status = Begin(transfer);
  }
  if (!status.ok()) transfer.outcome = status;
  return status.ok();
}

Status HttpClient::SendAll(const std::function<Result<std::optional<HttpJob>>()>& next) {
  if (multi_ == nullptr) throw std::bad_alloc();
  std::map<CURL*, std::unique_ptr<Transfer>> running;
  for (;;) {
    while (running.size() < kAtOnce) {
      NS_ASSIGN(std::optional<HttpJob> job, next());
      if (!job) break;
      auto transfer = std::make_unique<Transfer>(*std::move(job), connections_, multi_);
      NS_TRY(Begin(*transfer));
      running[transfer->curl] = std::move(transfer);
    }
    if (running.empty()) return {};
    int active = 0, left = 0;
    if (const CURLMcode code = curl_multi_perform(multi_, &active); code != CURLM_OK)
      return Internal(curl_multi_strerror(code));
    bool ended = false;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      const auto found = running.find(message->easy_handle);
      if (GoesOn(*found->second, message->data.result)) continue;
      const std::unique_ptr<Transfer> transfer = std::move(found->second);
      running.erase(found);
      ended = true;
      NS_TRY(transfer->job.done(transfer->outcome));
    }
    if (!ended) curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
  }
}

Result<HttpAnswer> HttpClient::Send(HttpCall call, std::function<Status(std::string_view)> sink) {
  Result<HttpAnswer> outcome = HttpAnswer();
  bool given = false;
  NS_TRY(SendAll([&]() -> Result<std::optional<HttpJob>> {
    if (std::exchange(given, true)) return std::optional<HttpJob>();
    return std::optional(
        HttpJob{std::move(call), std::move(sink), [&](const Result<HttpAnswer>& answer) {
                  outcome = answer;
                  return Status();
                }});
  }));
  return outcome;
}

}  // namespace ns::git
