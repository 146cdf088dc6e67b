// HTTP/1.1: requests one after the other. Source of rules: RFC 9110, RFC 9112.
#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <optional>

#include "http/connection.h"
#include "http/h1_framing.h"
#include "http/timer.h"

namespace ns::gateway::http {
namespace {

namespace beast = boost::beast::http;
using boost::system::error_code;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr size_t kPiece = 4096, kBodyPiece = 64 * 1024;
constexpr milliseconds kLinger{5'000};
constexpr uint64_t kLingerBytes = 64 * 1024 * 1024;
// Beast takes no less behind an incomplete last chunk.
constexpr size_t kLastChunk = std::string_view("0\r\n\r\n").size();
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// What has come of a body since it was taken last.
using PiecesBody = beast::basic_dynamic_body<boost::beast::flat_buffer>;

std::string Taken(boost::beast::flat_buffer& bytes) {
  std::string text(static_cast<const char*>(bytes.data().data()), bytes.size());
  bytes.consume(bytes.size());
  return text;
}

void AppendField(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ").append(value).append("\r\n");
}

class H1 final : public Connection, public Answering, public std::enable_shared_from_this<H1> {
 public:
  explicit H1(Accepted accepted)
      : serving_(accepted.serving),
        pipe_(std::move(accepted.pipe)),
        peer_(std::move(accepted.peer)),
        closed_(std::move(accepted.closed)),
        timer_(accepted.serving.io),
        held_(accepted.serving.budget) {
    in_.commit(boost::asio::buffer_copy(in_.prepare(accepted.first.size()),
                                        boost::asio::buffer(accepted.first)));
  }

  void Begin() { AwaitRequest(); }
  void Finish() override {
    if (state_ == State::kIdle) return Close();
    if (handler_) handler_->OnLeave();
  }
  void Abort() override { Close(); }

  // -- Answering
  bool Hold(uint64_t bytes) override { return held_.Hold(head_bytes_ + bytes); }
  bool Whole(ResponseHead head, std::string body, Headers trailers) override;
  void Open(ResponseHead head) override;
  void Write(std::string bytes) override;
  void End(Headers trailers) override;
  void Cut() override;
  size_t unsent() const override { return out_.size() + sending_.size() - sent_; }
  std::weak_ptr<Connection> connection() override { return weak_from_this(); }
  void ReadOn() override;

 private:
  enum class State { kIdle, kReading, kAnswering, kLingering, kClosed };
  // A request that is there in full has the beginning of an answer that has no length.
  bool streaming() const { return state_ == State::kAnswering && opened_ && !ended_; }
  using Parser = beast::request_parser<PiecesBody>;

  void AwaitRequest();
  void Read(size_t most);
  void OnRead(ssize_t size);
  void AwaitEnd();
  void OnEarly(ssize_t size);
  void Parse();
  void OnHead();
  void OnBody();
  bool TakePiece();
  void RefuseBytes(error_code error);
  void Refuse(int status, std::string why);
  bool HasTooManyFields();
  Head TakeHead();
  bool Holds();

  // Bytes of the answer that wait for the write under way, and those of a large one with it.
  size_t waiting() const { return out_.size() + (sending_.size() > kInHand ? sending_.size() : 0); }
  void AppendHead(const ResponseHead& head);
  void Flush();
  void OnWritten(bool ok);
  void GoOn();
  void OnAnswered();
  void Linger();
  void OnDiscarded(ssize_t size);

  void Limit(milliseconds time);
  void Close();

  Serving& serving_;
  std::unique_ptr<Pipe> pipe_;
  sdk::Peer peer_;
  const std::function<void()> closed_;
  Timer timer_;
  Budget::Share held_;
  State state_ = State::kIdle;
  boost::beast::flat_buffer in_;
  std::optional<Parser> parser_;
  std::shared_ptr<Handler> handler_;
  std::string out_, sending_;
  size_t sent_ = 0;  // of sending_
  // Since then some of the answer has always waited for the client.
  std::optional<Clock::time_point> behind_;
  uint64_t head_bytes_ = 0, discarded_ = 0;
  size_t least_ = 1;  // bytes that are parsed at once
  bool has_head_ = false;
  bool opened_ = false, ended_ = false;  // the answer
  bool chunked_ = false, bodiless_ = false;
  bool keep_alive_ = false;
  bool unread_ = false;  // of the request, when it was answered
  bool writing_ = false, reading_ = false, watching_ = false, awaiting_ = false;
};

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

// -- answering --

// Without what tells the end of the body, and without the empty line.
void H1::AppendHead(const ResponseHead& head) {
  unread_ = !parser_->is_done();
  keep_alive_ = keep_alive_ && !unread_ && !serving_.draining;
  const auto reason =
      beast::obsolete_reason(beast::int_to_status(static_cast<unsigned>(head.status)));
  out_.append("HTTP/1.1 ").append(std::to_string(head.status)).append(1, ' ');
  out_.append(reason.data(), reason.size()).append("\r\n");
  for (const auto& [name, value] : head.headers) AppendField(name, value, out_);
  if (!keep_alive_) AppendField("Connection", "close", out_);
}

bool H1::Whole(ResponseHead head, std::string body, Headers) {
  if (state_ == State::kClosed || opened_) return true;
  const bool bodiless = bodiless_ || HasNoBody(head.status);
  if (bodiless) body.clear();
  if (!held_.HoldAnswer(writing_ || body.size() > kInHand ? body.size() : 0)) return false;
  opened_ = ended_ = true;
  AppendHead(head);
  if (!bodiless) AppendField("Content-Length", std::to_string(body.size()), out_);
  out_.append("\r\n").append(body);
  Flush();
  return true;
}

void H1::Open(ResponseHead head) {
  if (state_ == State::kClosed || opened_) return;
  opened_ = true;
  bodiless_ = bodiless_ || HasNoBody(head.status);
  // A client of HTTP/1.0 knows the end by the close.
  chunked_ = !bodiless_ && parser_->get().version() >= 11;
  keep_alive_ = keep_alive_ && (chunked_ || bodiless_);
  AppendHead(head);
  if (chunked_) AppendField("Transfer-Encoding", "chunked", out_);
  out_ += "\r\n";
  held_.HoldAnswer(0);
  if (!reading_) in_.shrink_to_fit();  // it may be long until the next request
  AwaitEnd();
  Flush();
}

void H1::Write(std::string bytes) {
  if (state_ == State::kClosed || ended_ || bodiless_ || bytes.empty()) return;
  if (chunked_) {
    std::array<char, 16> size{};
    const auto end = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16).ptr;
    out_.append(size.data(), end).append("\r\n").append(bytes).append("\r\n");
  } else {
    out_ += bytes;
  }
  Flush();
  if (!held_.HoldAnswer(waiting())) Close();
}

void H1::End(Headers trailers) {
  if (state_ == State::kClosed || ended_) return;
  ended_ = true;
  if (chunked_) {
    out_ += "0\r\n";
    for (const auto& [name, value] : trailers) out_.append(name + ": " + value + "\r\n");
    out_ += "\r\n";
  }
  if (out_.empty() && !writing_) return OnAnswered();
  Flush();
}

// Without the last chunk; where there are no chunks, the close would be the end.
void H1::Cut() {
  if (state_ == State::kClosed || ended_) return;
  if (!chunked_) pipe_->ResetOnClose();
  Close();
}

// A piece at a time: each that is taken shows that the client reads.
void H1::Flush() {
  if (writing_ || unsent() == 0) return;
  if (sending_.empty()) sending_.swap(out_);
  writing_ = true;
  Limit(serving_.limits.write_time);
  pipe_->Write(std::string_view(sending_).substr(sent_, kInHand),
               [self = shared_from_this()](bool ok) {
                 if (self->state_ != State::kClosed) Guarded(*self, [&] { self->OnWritten(ok); });
               });
}

void H1::OnWritten(bool ok) {
  writing_ = false;
  if (!ok) return Close();
  sent_ += std::min(kInHand, sending_.size() - sent_);
  if (sent_ == sending_.size()) {
    Empty(sending_);
    sent_ = 0;
    held_.HoldAnswer(waiting());
  }
  if (unsent() > 0) return GoOn();
  behind_.reset();
  if (ended_) return OnAnswered();
  if (state_ == State::kReading && reading_)
    Limit(serving_.limits.body_time);
  else
    timer_.Stop();
  if (const auto handler = handler_) handler->OnDrained();
}

void H1::GoOn() {
  const auto now = Clock::now();
  if (!behind_) behind_ = now;
  serving_.IsInTheWay(*behind_, now) ? Close() : Flush();
}

void H1::OnAnswered() {
  handler_.reset();
  held_.Release();
  if (std::exchange(watching_, false)) pipe_->StopWatching();
  if (keep_alive_) return AwaitRequest();
  unread_ || in_.size() > 0 ? Linger() : Close();
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

}  // namespace

std::shared_ptr<Connection> ServeH1(Accepted accepted) {
  auto connection = std::make_shared<H1>(std::move(accepted));
  Guarded(*connection, [&] { connection->Begin(); });
  return connection;
}

}  // namespace ns::gateway::http
