#include "http/http.h"

#include <curl/curl.h>

#include <exception>
#include <mutex>
#include <utility>

namespace ns::http {
namespace {

using sdk::Call;
using sdk::Error;
using sdk::Fault;

void StartLibrary() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK)
    throw Error(NS_E_INTERNAL, "", "libcurl does not start.", Fault::kPlatform);
}

class HeaderList {
 public:
  explicit HeaderList(const Request& request) {
    // No pause before a body; but libcurl 7.88 signs a header that is not sent.
    if (request.sign.empty()) Add("Expect:");
    for (const auto& [name, value] : request.headers) Add(name + ": " + value);
  }
  ~HeaderList() { curl_slist_free_all(list_); }
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  curl_slist* get() const { return list_; }

 private:
  void Add(const std::string& line) { list_ = curl_slist_append(list_, line.c_str()); }
  curl_slist* list_ = nullptr;
};

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n' || text.back() == ' '))
    text.remove_suffix(1);
  return text;
}

// What a transfer in progress writes to.
struct Answer {
  CURL* easy = nullptr;
  size_t max_body = 0;
  const std::function<void(std::string_view)>* take = nullptr;
  const std::function<void(const Response&)>* begin = nullptr;  // until it was called
  const std::function<size_t(char*, size_t)>* upload = nullptr;
  Response response;
  std::exception_ptr thrown;
  bool head_seen = false;
  Call::Clock::time_point heard{};  // of the last of it

  static size_t Header(char* data, size_t, size_t size, void* self) {
    Answer& answer = *static_cast<Answer*>(self);
    const std::string_view line(data, size);
    if (line.starts_with("HTTP/")) answer.response.headers.clear();
    if (const size_t colon = line.find(':'); colon != std::string_view::npos)
      answer.response.headers[Lower(line.substr(0, colon))] =
          std::string(Trimmed(line.substr(colon + 1)));
    if (Trimmed(line).empty()) answer.head_seen = true;
    answer.heard = Call::Clock::now();
    return size;
  }

  static size_t Body(char* data, size_t, size_t size, void* self) {
    Answer& answer = *static_cast<Answer*>(self);
    long status = 0;
    curl_easy_getinfo(answer.easy, CURLINFO_RESPONSE_CODE, &status);
    if (answer.take && status >= 200 && status < 300) {
      try {
        answer.Give({data, size}, static_cast<int>(status));
        return size;
      } catch (...) {
        answer.thrown = std::current_exception();
        return CURL_WRITEFUNC_ERROR;
      }
    }
    if (answer.response.body.size() + size > answer.max_body) return CURL_WRITEFUNC_ERROR;
    answer.response.body.append(data, size);
    answer.heard = Call::Clock::now();
    return size;
  }

  static size_t Upload(char* to, size_t, size_t most, void* self) {
    Answer& answer = *static_cast<Answer*>(self);
    try {
      return (*answer.upload)(to, most);
    } catch (...) {
      answer.thrown = std::current_exception();
      return CURL_READFUNC_ABORT;
    }
  }

  void Give(std::string_view piece, int status) {
    response.status = status;
    if (const auto* first = std::exchange(begin, nullptr); first && *first) (*first)(response);
    (*take)(piece);
    heard = Call::Clock::now();  // what it took to take it is not the server's
  }
};

}  // namespace

// One connection at a time, kept open between transfers.
class Client::Session {
 public:
  Session() : easy_(curl_easy_init()), multi_(curl_multi_init()) {
    if (!easy_ || !multi_)
      throw Error(NS_E_EXHAUSTED, "", "libcurl has no memory.", Fault::kPlatform);
  }
  ~Session() {
    curl_multi_cleanup(multi_);
    curl_easy_cleanup(easy_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Response Run(const Call& call, const Request& request,
               const std::function<void(std::string_view)>* take,
               const std::vector<Watched>& watched) {
    const HeaderList headers(request);
    Answer answer;
    answer.easy = easy_;
    answer.max_body = request.max_body;
    answer.take = take;
    answer.begin = &request.begin;
    answer.upload = &request.upload;
    SetUp(request, headers, answer);
    const CURLcode code = Transfer(call, request, answer, watched);
    if (answer.thrown) std::rethrow_exception(answer.thrown);
    if (code != CURLE_OK) throw Failure(request, code);
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    answer.response.status = static_cast<int>(status);
    return std::move(answer.response);
  }

 private:
  void SetUp(const Request& request, const HeaderList& headers, Answer& answer) {
    curl_easy_reset(easy_);
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_URL, request.url.c_str());
    Set(CURLOPT_PROTOCOLS_STR, "http,https");
    Set(CURLOPT_NOPROXY, "*");
    Set(CURLOPT_HTTPHEADER, headers.get());
    Set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    Set(CURLOPT_CONNECTTIMEOUT_MS, 5'000L);
    if (!request.sign.empty()) {
      Set(CURLOPT_AWS_SIGV4, request.sign.c_str());
      Set(CURLOPT_USERNAME, request.user.c_str());
      Set(CURLOPT_PASSWORD, request.password.c_str());
    }
    if (request.method == "HEAD") Set(CURLOPT_NOBODY, 1L);
    if (!request.unix_socket.empty()) Set(CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
    if (request.upload) {
      Set(CURLOPT_UPLOAD, 1L);
      Set(CURLOPT_READFUNCTION, &Answer::Upload);
      Set(CURLOPT_READDATA, &answer);
    } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
      Set(CURLOPT_POSTFIELDS, request.body.data());
      Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    }
    Set(CURLOPT_HEADERFUNCTION, &Answer::Header);
    Set(CURLOPT_HEADERDATA, &answer);
    Set(CURLOPT_WRITEFUNCTION, &Answer::Body);
    Set(CURLOPT_WRITEDATA, &answer);
    error_[0] = 0;
    Set(CURLOPT_ERRORBUFFER, error_);
  }

  template <class Value>
  void Set(CURLoption option, Value value) {
    curl_easy_setopt(easy_, option, value);
  }

  // Takes the transfer out of the multi handle whatever happens.
  struct Added {
    Added(CURLM* m, CURL* e) : multi(m), easy(e) { curl_multi_add_handle(multi, easy); }
    ~Added() { curl_multi_remove_handle(multi, easy); }
    CURLM* multi;
    CURL* easy;
  };

  CURLcode Transfer(const Call& call, const Request& request, const Answer& answer,
                    const std::vector<Watched>& watched) {
    const Added added(multi_, easy_);
    const auto begin = Call::Clock::now();
    for (;;) {
      int running = 0;
      if (curl_multi_perform(multi_, &running) != CURLM_OK) return CURLE_RECV_ERROR;
      if (running == 0) return Outcome();
      call.Check();
      auto left = call.Remaining(std::chrono::seconds(60));
      const bool streams = answer.take && answer.head_seen;
      const auto limit = streams ? request.silence : request.timeout;
      if (limit.count() > 0) {
        const auto from = streams ? answer.heard : begin;
        left = std::min<Call::Clock::duration>(left, from + limit - Call::Clock::now());
        if (left.count() <= 0) return CURLE_OPERATION_TIMEDOUT;
      }
      WaitOnce(call, left, watched);
    }
  }

  void WaitOnce(const Call& call, Call::Clock::duration time, const std::vector<Watched>& watched) {
    std::vector<curl_waitfd> fds;
    for (const Watched& one : watched) fds.push_back({one.fd, CURL_WAIT_POLLIN, 0});
    if (call.CancelFd() >= 0)
      fds.push_back({call.CancelFd(), CURL_WAIT_POLLIN, 0});
    else
      time = std::min<Call::Clock::duration>(time, std::chrono::milliseconds(50));
    const int wait = static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(time).count());
    curl_multi_poll(multi_, fds.data(), static_cast<unsigned>(fds.size()), wait, nullptr);
    for (size_t i = 0; i < watched.size(); ++i) {
      if (fds[i].revents != 0) watched[i].readable();
    }
  }

  CURLcode Outcome() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) return message->data.result;
    }
    return CURLE_RECV_ERROR;
  }

  Error Failure(const Request& request, CURLcode code) const {
    const std::string where = request.unix_socket.empty() ? request.url : request.unix_socket;
    if (code == CURLE_OPERATION_TIMEDOUT)
      return Error(NS_E_DEADLINE, NS_REASON_TIMED_OUT, where + " did not answer in time.",
                   Fault::kPlatform);
    if (code == CURLE_WRITE_ERROR)
      return Error(NS_E_RANGE, "", where + " gave an answer that is too long.", Fault::kPlatform);
    const std::string detail = error_[0] ? error_ : curl_easy_strerror(code);
    return Error(NS_E_UNAVAILABLE, "", where + " cannot be reached: " + detail + ".",
                 Fault::kPlatform);
  }

  CURL* easy_;
  CURLM* multi_;
  char error_[CURL_ERROR_SIZE] = {};
};

struct Client::Pool {
  std::mutex mutex;
  std::vector<std::unique_ptr<Session>> idle;
};

// A session for one transfer, given back at the end.
class Client::Lease {
 public:
  explicit Lease(Pool& pool) : pool_(pool) {
    const std::lock_guard lock(pool_.mutex);
    if (pool_.idle.empty()) {
      session_ = std::make_unique<Session>();
    } else {
      session_ = std::move(pool_.idle.back());
      pool_.idle.pop_back();
    }
  }
  ~Lease() {
    const std::lock_guard lock(pool_.mutex);
    if (pool_.idle.size() < 8) pool_.idle.push_back(std::move(session_));
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  Session& operator*() { return *session_; }

 private:
  Pool& pool_;
  std::unique_ptr<Session> session_;
};

Client::Client() : pool_(std::make_unique<Pool>()) { StartLibrary(); }
Client::~Client() = default;

Response Client::Do(const Call& call, const Request& request) {
  Lease session(*pool_);
  return (*session).Run(call, request, nullptr, {});
}

Response Client::Stream(const Call& call, const Request& request,
                        const std::function<void(std::string_view)>& take,
                        const std::vector<Watched>& watched) {
  Lease session(*pool_);
  return (*session).Run(call, request, &take, watched);
}

std::string Escaped(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const unsigned char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain)
      out += static_cast<char>(c);
    else
      (out += '%', out += kHex[c >> 4], out += kHex[c & 15]);
  }
  return out;
}

}  // namespace ns::http
