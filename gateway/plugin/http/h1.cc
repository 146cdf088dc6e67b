#include "http/h1.h"

#include <algorithm>
#include <string_view>

#include "http/h1_framing.h"

namespace ns::gateway::http {
namespace {

namespace beast = boost::beast::http;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr size_t kPiece = 4096, kBodyPiece = 64 * 1024;
constexpr milliseconds kLinger{5'000};
constexpr uint64_t kLingerBytes = 64 * 1024 * 1024;
// Beast takes no less behind an incomplete last chunk.
constexpr size_t kLastChunk = std::string_view("0\r\n\r\n").size();
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string Taken(boost::beast::flat_buffer& bytes) {
  std::string text(static_cast<const char*>(bytes.data().data()), bytes.size());
  bytes.consume(bytes.size());
  return text;
}

}  // namespace

void H1::Limit(milliseconds time) {
  timer_.After(time, [self = shared_from_this()] { self->Close(); });
}

void H1::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  held_.Release();
  if (const auto handler = std::move(handler_)) handler->OnGone();
  timer_.Stop();
  pipe_->Close();
  closed_();
}

// -- reading --

void H1::AwaitRequest() {
  if (serving_.ended) return Close();
  state_ = State::kIdle;
  has_head_ = opened_ = ended_ = chunked_ = bodiless_ = unread_ = false;
  least_ = 1;
  parser_.emplace();
  parser_->header_limit(serving_.limits.header_bytes);
  parser_->body_limit(boost::none);  // set when it is known what the request is for
  if (in_.size() > 0) {              // the next one came with the last
    state_ = State::kReading;
    Limit(serving_.limits.header_time);
    return reading_ ? void() : Parse();
  }
  Limit(serving_.limits.idle_time);
  if (!reading_) Read(kPiece);
}

void H1::Read(size_t most) {
  const auto into = in_.prepare(most);
  reading_ = true;
  pipe_->Read({static_cast<char*>(into.data()), into.size()},
              [self = shared_from_this()](ssize_t size) {
                self->reading_ = false;
                Guarded(*self, [&] {
                  if (self->state_ == State::kLingering) return self->OnDiscarded(size);
                  if (self->state_ != State::kClosed) self->OnRead(size);
                });
              });
}

// A client that goes away in the middle of a request gets nothing.
void H1::OnRead(ssize_t size) {
  if (state_ == State::kAnswering) return OnEarly(size);
  if (size <= 0) return Close();
  in_.commit(static_cast<size_t>(size));
  if (state_ == State::kIdle) {
    state_ = State::kReading;
    Limit(serving_.limits.header_time);
  }
  Parse();
}

// Nobody knows from a stream that its client has closed the connection: it writes seldom or never.
// What comes before the end is the next request, and kept, as long as it is no longer than a head.
void H1::AwaitEnd() {
  if (!streaming() || reading_ || in_.size() >= serving_.limits.header_bytes) return;
  if (std::exchange(awaiting_, true)) return;
  pipe_->AwaitBytes([self = shared_from_this()] {
    self->awaiting_ = false;
    if (self->streaming() && !self->reading_) self->Read(kPiece);
  });
}

// Bytes, or the end, that came while a stream was answered.
void H1::OnEarly(ssize_t size) {
  if (size < 0 || (size == 0 && streaming())) return Close();
  in_.commit(static_cast<size_t>(size));
  AwaitEnd();
}

void H1::Parse() {
  while (in_.size() >= least_ && !parser_->is_done()) {
    error_code error;
    in_.consume(parser_->put(in_.data(), error));
    const bool incomplete = error == beast::error::need_more;
    if (error && !incomplete) return RefuseBytes(error);
    least_ = incomplete ? kLastChunk : 1;
    if (!has_head_ && HasTooManyFields()) return RefuseBytes(beast::error::header_limit);
    if (!has_head_ && parser_->is_header_done()) return OnHead();
    // Of a body that is the line of a chunk, or what follows the last.
    if (incomplete && in_.size() > serving_.limits.header_bytes)
      return RefuseBytes(beast::error::header_limit);
    if (has_head_ && handler_->streams()) {
      if (!TakePiece()) return;
    } else if (!Holds()) {
      return handler_->OnNoMemory();
    }
    if (incomplete) break;
  }
  if (parser_->is_done()) return OnBody();
  Read(has_head_ ? kBodyPiece : kPiece);
}

// Hands on what has come of a body. False: no more is read for now, or ever.
bool H1::TakePiece() {
  const auto handler = handler_;
  std::string piece = Taken(parser_->get().body());
  if (piece.empty()) return true;
  handler->OnPiece(std::move(piece), false);
  if (state_ != State::kReading || ended_) return false;
  if (!handler->full()) {
    if (!writing_) Limit(serving_.limits.body_time);  // since the last bytes
    return true;
  }
  if (!writing_) timer_.Stop();  // it is not the client that is waited for
  return false;
}

void H1::ReadOn() {
  if (state_ != State::kReading || reading_ || ended_ || !handler_ || handler_->full()) return;
  if (!writing_) Limit(serving_.limits.body_time);
  Parse();
}

// Whether there is memory for the head and what has come of the body.
bool H1::Holds() { return !has_head_ || Hold(parser_->get().body().size()); }

bool H1::HasTooManyFields() {
  const auto& request = parser_->get();
  return static_cast<size_t>(std::distance(request.begin(), request.end())) > kMostFields;
}

Head H1::TakeHead() {
  auto& request = parser_->get();
  Head head{std::string(request.method_string()),
            std::string(request.target()),
            {},
            static_cast<int>(request.version())};
  head_bytes_ = head.target.size();
  for (const auto& field : request) {
    head_bytes_ += SizeOf(field.name_string(), field.value());
    std::string name(field.name_string());
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    head.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  request.clear();
  return head;
}

void H1::OnHead() {
  has_head_ = true;
  bodiless_ = parser_->get().method() == beast::verb::head;
  keep_alive_ = parser_->keep_alive();
  Head head = TakeHead();
  if (auto mistake = FramingMistake(head)) return Refuse(mistake->status, std::move(mistake->why));
  TakeAbsoluteForm(head);
  const bool expects = head.Header("expect") == "100-continue";
  const bool held = Holds();
  const auto handler = serving_.service.Begin(std::move(head), peer_, *this);
  if (ended_ || state_ == State::kClosed) return;
  handler_ = handler;
  if (!held) return handler->OnNoMemory();
  if (parser_->content_length() && *parser_->content_length() > handler->most_body())
    return handler->OnTooLong();
  parser_->body_limit(handler->most_body());
  parser_->eager(true);
  if (parser_->is_done()) return OnBody();
  Limit(serving_.limits.body_time);
  if (expects) {
    out_ += kContinue;
    Flush();
  }
  Parse();
}

void H1::OnBody() {
  if (ended_) return;  // answered meanwhile
  state_ = State::kAnswering;
  parser_->get().clear();  // trailers
  if (!writing_) timer_.Stop();
  watching_ = true;
  pipe_->Watch([self = shared_from_this()] { self->Close(); });
  AwaitEnd();
  const auto handler = handler_;
  if (handler->streams()) return handler->OnPiece("", true);
  handler->OnRequest(Taken(parser_->get().body()));
}

// Bytes that are no request, or too many.
void H1::RefuseBytes(error_code error) {
  if (error == beast::error::header_limit) return Refuse(431, HeadTooLong(serving_.limits));
  if (error == beast::error::body_limit && handler_) return handler_->OnTooLong();
  Refuse(400, "The request is not HTTP/1.1: " + error.message() + ".");
}

void H1::Refuse(int status, std::string why) {
  if (ended_) return;  // what follows an answer is passed over
  if (opened_) return Close();
  keep_alive_ = false;
  auto [head, body] = serving_.service.Unreadable(status, std::move(why));
  Whole(std::move(head), std::move(body), {});
}

// Closing with bytes unread would reset the connection, and the client might lose the answer.
void H1::Linger() {
  state_ = State::kLingering;
  pipe_->ShutdownSend();
  in_.clear();
  parser_.reset();
  Limit(kLinger);
  if (!reading_) Read(kBodyPiece);
}

void H1::OnDiscarded(ssize_t size) {
  if (size <= 0 || (discarded_ += static_cast<uint64_t>(size)) > kLingerBytes) return Close();
  Read(kBodyPiece);
}

std::shared_ptr<Connection> ServeH1(Accepted accepted) {
  auto connection = std::make_shared<H1>(std::move(accepted));
  Guarded(*connection, [&] { connection->Begin(); });
  return connection;
}

}  // namespace ns::gateway::http
