#include "session.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>

#include "exchange.h"
#include "peer.h"

namespace ns::gateway {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kLinger{5'000};
constexpr uint64_t kLingerBytes = 64 * 1024 * 1024;
constexpr uint32_t kRawCredit = 1u << 16;  // messages; what they hold is limited by bytes
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

class HttpSession : public Session, public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(Edge& edge, asio::generic::stream_protocol::socket socket,
              std::function<void(Session*)> closed)
      : edge_(edge),
        socket_(std::move(socket)),
        timer_(*edge.io),
        peer_(PeerOf(socket_.native_handle())),
        closed_(std::move(closed)) {}

  void Begin() { AwaitRequest(); }
  void Finish() override {
    if (state_ == State::kIdle) Close();
  }
  void Abort() override { Close(); }

 private:
  enum class State { kIdle, kReading, kAsking, kWriting, kClosed };
  using Parser = http::request_parser<http::string_body>;
  using Response = http::response<http::string_body>;

  // -- reading
  void AwaitRequest();
  void ReadHead();
  void OnHead(error_code error);
  void ReadBody();
  void OnBody(error_code error);
  void RefuseBytes(error_code error);
  bool SaysTooMuch(uint64_t most) const {
    return parser_->content_length() && *parser_->content_length() > most;
  }
  uint64_t MostBody() const;
  Head TakeHead() const;

  // -- asking the host
  void Ask();
  void AskCall(const CallRoute& call);
  void AskRaw(const RawRoute& raw);
  std::shared_ptr<Exchange> NewExchange();
  void WatchPeer();
  void GiveUp();
  void OnAnswer(uint64_t turn, Answer answer);
  void OnCallAnswer(const CallRoute& call, Answer answer);

  // -- answering
  void Fail(const Problem& problem, bool read_all);
  void Refuse(const Refusal& refusal);
  void Send(int status, std::string content_type, std::string body, bool read_all,
            std::vector<std::pair<std::string, std::string>> headers = {});
  void OnSent(error_code error);
  void Linger();
  void Discard();

  void Limit(milliseconds time, void (HttpSession::*late)());
  void Close();
  template <class Handler>
  auto Bound(Handler handler) {
    return [self = shared_from_this(), handler](error_code error, size_t = 0) {
      if (self->state_ != State::kClosed) (self.get()->*handler)(error);
    };
  }

  Edge& edge_;
  asio::generic::stream_protocol::socket socket_;
  asio::steady_timer timer_;
  sdk::Peer peer_;
  std::function<void(Session*)> closed_;
  State state_ = State::kIdle;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<Response> response_;
  std::optional<Route> route_;
  sdk::ApiRequest request_;
  uint64_t turn_ = 0;  // tells an answer that comes too late from the one waited for
  uint64_t discarded_ = 0;
  bool unread_ = false;  // of the request, when it was answered
};

void HttpSession::Limit(milliseconds time, void (HttpSession::*late)()) {
  timer_.expires_after(time);
  timer_.async_wait([self = shared_from_this(), late](error_code error) {
    if (!error && self->state_ != State::kClosed && self->timer_.expiry() <= Clock::now())
      (self.get()->*late)();
  });
}

void HttpSession::Close() {
  if (state_ == State::kClosed) return;
  if (state_ == State::kAsking) request_.Cancel();
  state_ = State::kClosed;
  error_code ignored;
  timer_.cancel();
  socket_.close(ignored);
  closed_(this);
}

// -- reading
// ------------------------------------------------------------------------------------------------------------

void HttpSession::AwaitRequest() {
  if (edge_.draining) return Close();
  if (buffer_.size() > 0) return ReadHead();  // the next one came with the last
  state_ = State::kIdle;
  Limit(edge_.limits.idle_time, &HttpSession::Close);
  socket_.async_wait(asio::socket_base::wait_read, [self = shared_from_this()](error_code error) {
    if (self->state_ != State::kIdle) return;
    if (error)
      self->Close();
    else
      self->ReadHead();
  });
}

void HttpSession::ReadHead() {
  state_ = State::kReading;
  parser_.emplace();
  parser_->header_limit(edge_.limits.header_bytes);
  parser_->body_limit(boost::none);  // set when the route is known
  Limit(edge_.limits.header_time, &HttpSession::Close);
  http::async_read_header(socket_, buffer_, *parser_, Bound(&HttpSession::OnHead));
}

Head HttpSession::TakeHead() const {
  Head head{std::string(parser_->get().method_string()), std::string(parser_->get().target()), {}};
  for (const auto& field : parser_->get()) {
    std::string name(field.name_string());
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    head.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  return head;
}

uint64_t HttpSession::MostBody() const {
  const RawRoute* raw = std::get_if<RawRoute>(&*route_);
  return raw ? static_cast<uint64_t>(std::max<int64_t>(raw->max_body, 0)) : edge_.limits.body_bytes;
}

void HttpSession::OnHead(error_code error) {
  if (error) return RefuseBytes(error);
  Head head = TakeHead();
  if (parser_->get().version() >= 11 && head.Header("host").empty())
    return Refuse({{NS_E_INVALID, "The request has no Host header.", {}, 0}, {}});
  route_ = edge_.routes.Find(head);
  if (const Refusal* refusal = std::get_if<Refusal>(&*route_)) return Refuse(*refusal);
  const bool expects = head.Header("expect") == "100-continue";
  peer_.headers = std::move(head.headers);
  if (SaysTooMuch(MostBody())) return RefuseBytes(http::error::body_limit);
  parser_->body_limit(MostBody());
  if (parser_->is_done()) return Ask();
  if (!expects) return ReadBody();
  asio::async_write(socket_, asio::buffer(kContinue), Bound(&HttpSession::OnBody));
}

void HttpSession::ReadBody() {
  Limit(edge_.limits.body_time, &HttpSession::Close);
  http::async_read(socket_, buffer_, *parser_, Bound(&HttpSession::OnBody));
}

void HttpSession::OnBody(error_code error) {
  if (error) return RefuseBytes(error);
  if (!parser_->is_done()) return ReadBody();
  Ask();
}

// Bytes that are no request, or too many. A client that just went away gets nothing.
void HttpSession::RefuseBytes(error_code error) {
  if (error == http::error::header_limit)
    return Fail(
        {NS_E_EXHAUSTED,
         "The headers are longer than " + std::to_string(edge_.limits.header_bytes) + " bytes.",
         {},
         431},
        false);
  if (error == http::error::body_limit)
    return Fail({NS_E_EXHAUSTED,
                 "The body is longer than " + std::to_string(MostBody()) + " bytes.",
                 {},
                 413},
                false);
  if (error == http::error::end_of_stream ||
      error.category() != http::make_error_code(http::error::bad_method).category())
    return Close();
  Fail({NS_E_INVALID, "The request is not HTTP/1.1: " + error.message() + ".", {}, 0}, false);
}

// -- asking the host
// ----------------------------------------------------------------------------------------------------

std::shared_ptr<Exchange> HttpSession::NewExchange() {
  state_ = State::kAsking;
  return std::make_shared<Exchange>(
      edge_.limits.answer_bytes,
      [io = edge_.io, weak = weak_from_this(), turn = ++turn_](Answer answer) {
        asio::post(*io, [weak, turn, answer = std::move(answer)]() mutable {
          if (const auto self = weak.lock()) self->OnAnswer(turn, std::move(answer));
        });
      });
}

// A peer that is gone for good (reset, or a Unix socket closed) wants no answer. A half-closed one
// still does.
void HttpSession::WatchPeer() {
  socket_.async_wait(asio::socket_base::wait_error,
                     [self = shared_from_this(), turn = turn_](error_code error) {
                       if (!error && self->state_ == State::kAsking && self->turn_ == turn)
                         self->Close();
                     });
}

void HttpSession::Ask() {
  if (const CallRoute* call = std::get_if<CallRoute>(&*route_))
    AskCall(*call);
  else
    AskRaw(std::get<RawRoute>(*route_));
}

void HttpSession::AskCall(const CallRoute& call) {
  std::string message = call.message ? *call.message : std::move(parser_->get().body());
  if (call.codec == Codec::kJson) {
    Converted wire = edge_.schema.FromJson(call.method.request_type, message);
    if (const Problem* problem = std::get_if<Problem>(&wire)) return Fail(*problem, true);
    message = std::move(std::get<std::string>(wire));
  }
  const milliseconds time =
      std::min(call.timeout.value_or(edge_.limits.call_time), edge_.limits.call_time);
  auto exchange = NewExchange();
  Limit(time + edge_.limits.grace, &HttpSession::GiveUp);
  WatchPeer();
  request_ = edge_.api.Invoke(peer_, call.method.name, message, Clock::now() + time, 1,
                              std::move(exchange));
}

void HttpSession::AskRaw(const RawRoute& raw) {
  auto exchange = NewExchange();
  Limit(edge_.limits.call_time + edge_.limits.grace, &HttpSession::GiveUp);
  WatchPeer();
  request_ = edge_.api.Raw(peer_, raw.http_method, raw.path, parser_->get().body(),
                           Clock::now() + edge_.limits.call_time, kRawCredit, std::move(exchange));
}

void HttpSession::GiveUp() {
  request_.Cancel();
  ++turn_;
  Fail({NS_E_DEADLINE, "The call took too long; ask again, or give it more time.", {}, 0}, true);
}

void HttpSession::OnAnswer(uint64_t turn, Answer answer) {
  if (state_ != State::kAsking || turn != turn_) return;
  if (const CallRoute* call = std::get_if<CallRoute>(&*route_))
    return OnCallAnswer(*call, std::move(answer));
  if (answer.error) return Fail({answer.error->code(), answer.error->message(), {}, 0}, true);
  Send(answer.http_status ? answer.http_status : 200, std::move(answer.content_type),
       std::move(answer.body), true);
}

void HttpSession::OnCallAnswer(const CallRoute& call, Answer answer) {
  if (answer.error)
    return Fail({answer.error->code(), answer.error->message(),
                 edge_.schema.Details(answer.error->details()), 0},
                true);
  if (call.codec == Codec::kProto)
    return Send(200, "application/proto", std::move(answer.body), true);
  Converted json = edge_.schema.ToJson(call.method.response_type, answer.body);
  if (const Problem* problem = std::get_if<Problem>(&json)) return Fail(*problem, true);
  Send(200, "application/json", std::move(std::get<std::string>(json)), true);
}

// -- answering
// ----------------------------------------------------------------------------------------------------------

void HttpSession::Fail(const Problem& problem, bool read_all) {
  Send(HttpStatus(problem), "application/json", ErrorJson(problem), read_all);
}

// The body, if one comes, is not read: a small one is not worth the care.
void HttpSession::Refuse(const Refusal& refusal) {
  Send(HttpStatus(refusal.problem), "application/json", ErrorJson(refusal.problem),
       parser_->is_done(), refusal.headers);
}

// `read_all`: the whole request was read, so that the connection can go on.
void HttpSession::Send(int status, std::string content_type, std::string body, bool read_all,
                       std::vector<std::pair<std::string, std::string>> headers) {
  state_ = State::kWriting;
  unread_ = !read_all;
  error_code ignored;
  socket_.cancel(ignored);  // the watch of the peer
  response_.emplace();
  response_->version(11);
  response_->result(static_cast<unsigned>(status));
  if (!content_type.empty()) response_->set(http::field::content_type, content_type);
  response_->set(http::field::cache_control, "no-store");
  response_->set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : headers) response_->set(name, value);
  response_->keep_alive(read_all && parser_->keep_alive() && !edge_.draining);
  response_->body() = std::move(body);
  response_->prepare_payload();
  Limit(edge_.limits.write_time, &HttpSession::Close);
  http::async_write(socket_, *response_, Bound(&HttpSession::OnSent));
}

void HttpSession::OnSent(error_code error) {
  if (error) return Close();
  if (!response_->keep_alive()) return unread_ || buffer_.size() > 0 ? Linger() : Close();
  parser_.reset();
  response_.reset();
  route_.reset();
  AwaitRequest();
}

// Closing with bytes unread would reset the connection, and the client might lose the answer.
void HttpSession::Linger() {
  error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  buffer_.clear();
  Limit(kLinger, &HttpSession::Close);
  Discard();
}

void HttpSession::Discard() {
  socket_.async_read_some(buffer_.prepare(64 * 1024),
                          [self = shared_from_this()](error_code error, size_t size) {
                            if (self->state_ == State::kClosed) return;
                            if (error || (self->discarded_ += size) > kLingerBytes)
                              return self->Close();
                            self->Discard();
                          });
}

int FamilyOf(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  return getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) == 0 ? storage.ss_family
                                                                            : AF_UNSPEC;
}

}  // namespace

std::shared_ptr<Session> Serve(Edge& edge, int fd, std::function<void(Session*)> closed) {
  asio::generic::stream_protocol::socket socket(*edge.io);
  error_code error;
  socket.assign(asio::generic::stream_protocol(FamilyOf(fd), 0), fd, error);
  if (error) {
    ::close(fd);
    return nullptr;
  }
  auto session = std::make_shared<HttpSession>(edge, std::move(socket), std::move(closed));
  session->Begin();
  return session;
}

}  // namespace ns::gateway
