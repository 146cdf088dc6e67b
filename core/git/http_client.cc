#include "git/http_client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "git/entry_name.h"

namespace ns::git {
namespace {

constexpr int kMaxRedirects = 5;
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
  const HttpUrl& url;
  const Connections& connections;
  const Sink& sink;
  CURL* curl;
  std::string complaint;
  Status problem;      // that a callback found
  size_t headers = 0;  // bytes

  static curl_socket_t Open(void* self, curlsocktype, curl_sockaddr* to) {
    auto* transfer = static_cast<Transfer*>(self);
    supervise::SocketAddress address;
    address.size = std::min<socklen_t>(to->addrlen, sizeof address.storage);
    std::memcpy(&address.storage, &to->addr, address.size);
    const Status status = transfer->connections.Check(transfer->url.host, address);
    if (status.ok()) return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    transfer->problem = status;
    return CURL_SOCKET_BAD;
  }

  // libcurl keeps all headers, however many.
  static size_t CountHeader(const char*, size_t one, size_t count, void* self) {
    auto* transfer = static_cast<Transfer*>(self);
    transfer->headers += one * count;
    if (transfer->headers <= kMaxHeaders) return one * count;
    transfer->problem =
        Unreachable(transfer->url.Place() + " answers with more than 256 KiB of headers");
    return 0;
  }

  static size_t Take(const char* bytes, size_t one, size_t count, void* self) {
    auto* transfer = static_cast<Transfer*>(self);
    long status = 0;
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status / 100 == 2) {
      transfer->problem = transfer->sink(std::string_view(bytes, one * count));
      return transfer->problem.ok() ? one * count : 0;
    }
    const size_t room = kMaxComplaint - transfer->complaint.size();
    transfer->complaint.append(bytes, std::min(one * count, room));
    return one * count > room ? 0 : one * count;
  }
};

HttpClient::HttpClient(const Connections& connections, std::string ca_file)
    : connections_(connections), ca_file_(std::move(ca_file)) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  curl_.reset(curl_easy_init());
}

Result<HttpAnswer> HttpClient::Send(HttpCall call, const Sink& sink) {
  for (int redirects = 0; redirects <= kMaxRedirects; ++redirects) {
    NS_ASSIGN(HttpAnswer answer, SendOnce(call, sink));
    const bool lost = call.body && answer.status == 303;  // asks for a GET
    if (!IsRedirect(answer.status) || answer.location.empty() || lost) return answer;
    const auto next = ResolveLocation(call.url, answer.location);
    if (!next.ok())
      return Unreachable(call.url.Place() + " redirects to no place: " + next.status().message());
    NS_TRY(Redirect(call, *next));
  }
  return Unreachable(call.url.Place() + " redirects more than " + std::to_string(kMaxRedirects) +
                     " times");
}

Result<HttpAnswer> HttpClient::SendOnce(const HttpCall& call, const Sink& sink) {
  if (!curl_) return Internal("libcurl cannot begin");
  CURL* curl = curl_.get();
  curl_easy_reset(curl);
  const Headers headers = HeadersOf(call);
  Transfer transfer{call.url, connections_, sink, curl, "", {}, 0};
  curl_easy_setopt(curl, CURLOPT_URL, call.url.text.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "git-lfs/3 (NeoShowcase)");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
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
  const CURLcode code = curl_easy_perform(curl);
  HttpAnswer answer;
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  const bool refused = code == CURLE_WRITE_ERROR && transfer.problem.ok();  // a long complaint
  if (code != CURLE_OK && !(refused && status >= 300)) return Explain(call.url, code, transfer);
  answer.complaint = std::move(transfer.complaint);
  curl_header* location = nullptr;
  if (curl_easy_header(curl, "Location", 0, CURLH_HEADER, -1, &location) == CURLHE_OK)
    answer.location = location->value;
  return answer;
}

Status HttpClient::Explain(const HttpUrl& url, CURLcode code, const Transfer& transfer) const {
  if (!transfer.problem.ok()) return transfer.problem;
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

}  // namespace ns::git
