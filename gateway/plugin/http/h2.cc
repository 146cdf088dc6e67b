// HTTP/2 by nghttp2: many requests at once. Source of rules: RFC 9113.
#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "http/connection.h"
#include "http/h2_stream.h"
#include "http/timer.h"

namespace ns::gateway::http {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kPiece = 16 * 1024;
constexpr uint32_t kStreamWindow = 256 * 1024, kWindow = 1024 * 1024;
// Streams that a client breaks off: so many at once, then so many a second, before it is sent away
// (CVE-2023-44487).
constexpr uint64_t kResets = 500, kResetsPerSecond = 50;

// A callback that throws nothing through nghttp2, which is written in C and knows not of it; what
// it was about to throw is kept for those who called nghttp2.
template <auto kCallback>
struct Safe;
template <class Result, class... Args, Result (*kCallback)(Args...)>
struct Safe<kCallback> {
  static Result Call(Args... args) {
    try {
      return kCallback(args...);
    } catch (...) {
      Keep(std::get<sizeof...(Args) - 1>(std::tuple(args...)));
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
  }
  static void Keep(void* user);
};

class H2 final : public Connection, public H2Session, public std::enable_shared_from_this<H2> {
 public:
  explicit H2(Accepted accepted)
      : serving_(accepted.serving),
        pipe_(std::move(accepted.pipe)),
        peer_(std::move(accepted.peer)),
        first_(std::move(accepted.first)),
        closed_(std::move(accepted.closed)),
        timer_(accepted.serving.io),
        quiet_since_(Clock::now()) {}
  ~H2() override {
    if (session_ != nullptr) nghttp2_session_del(session_);
  }

  void Begin();
  void Announce() override;
  void Finish() override;
  void Abort() override { Close(); }

  // -- H2Session
  nghttp2_session* session() override { return session_; }
  Serving& serving() override { return serving_; }
  const sdk::Peer& peer() const override { return peer_; }
  std::weak_ptr<Connection> connection() override { return weak_from_this(); }
  void Flush() override;
  void Send(int32_t id) override;
  size_t Room(int32_t id) override;
  void Await(Clock::time_point due) override;
  nghttp2_data_provider Bytes() override { return {{.ptr = nullptr}, &Safe<&OnGive>::Call}; }

  static void Keep(void* user) { Of(user).thrown_ = std::current_exception(); }

 private:
  using Streams = std::map<int32_t, std::unique_ptr<H2Stream>>;

  static H2& Of(void* user) { return *static_cast<H2*>(user); }
  static nghttp2_session_callbacks* Callbacks();
  static int OnBeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                      void* user);
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int OnData(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size,
                    void* user);
  static int OnSentFrame(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int OnUnsentFrame(nghttp2_session*, const nghttp2_frame* frame, int, void* user);
  static int OnStreamClosed(nghttp2_session*, int32_t id, uint32_t, void* user);
  static ssize_t OnGive(nghttp2_session*, int32_t id, uint8_t* into, size_t size, uint32_t* flags,
                        nghttp2_data_source*, void* user);

  H2Stream* Find(int32_t id) {
    const auto found = streams_.find(id);
    return found == streams_.end() ? nullptr : found->second.get();
  }
  void Read();
  void Receive(std::string_view bytes);
  void OnFailed();
  void OnWritten(bool ok);
  void TellDrained();

  void Check();
  Clock::time_point ConnectionDue() const;
  void Close();

  Serving& serving_;
  std::unique_ptr<Pipe> pipe_;
  sdk::Peer peer_;
  std::string first_;
  const std::function<void()> closed_;
  Timer timer_;
  std::optional<Clock::time_point> timer_due_;
  nghttp2_session* session_ = nullptr;
  Streams streams_;
  std::array<char, kPiece> in_;
  std::string out_;
  bool receiving_ = false, writing_ = false, is_closed_ = false;
  std::exception_ptr thrown_;  // by a callback
  Clock::time_point quiet_since_, write_since_{};
};

// -- what nghttp2 tells --

nghttp2_session_callbacks* H2::Callbacks() {
  nghttp2_session_callbacks* callbacks = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) return nullptr;
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &Safe<&OnBeginHeaders>::Call);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, &Safe<&OnHeader>::Call);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Safe<&OnFrame>::Call);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Safe<&OnData>::Call);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, &Safe<&OnSentFrame>::Call);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, &Safe<&OnUnsentFrame>::Call);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &Safe<&OnStreamClosed>::Call);
  return callbacks;
}

int H2::OnBeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  H2& self = Of(user);
  if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  const int32_t id = frame->hd.stream_id;
  auto& stream = self.streams_[id] = std::make_unique<H2Stream>(self, id);
  self.Await(*stream->Due());
  return 0;
}

int H2::OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                 size_t name_size, const uint8_t* value, size_t value_size, uint8_t, void* user) {
  H2& self = Of(user);
  H2Stream* const stream = self.Find(frame->hd.stream_id);
  if (stream == nullptr || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;  // a trailer
  stream->TakeHeader({reinterpret_cast<const char*>(name), name_size},
                     {reinterpret_cast<const char*>(value), value_size});
  return 0;
}

int H2::OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  H2& self = Of(user);
  if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
  H2Stream* const stream = self.Find(frame->hd.stream_id);
  if (stream == nullptr) return 0;
  if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
    stream->OnHead();
  if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) stream->OnBodyEnd();
  return 0;
}

int H2::OnData(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data, size_t size,
               void* user) {
  H2Stream* const stream = Of(user).Find(id);
  // Credit of the connection at once: one stream that waits must not hold up the others.
  nghttp2_session_consume_connection(session, size);
  if (stream == nullptr) return 0;
  stream->TakeBody({reinterpret_cast<const char*>(data), size});
  return 0;
}

// Who was answered before the whole request had come need not send the rest.
int H2::OnSentFrame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
  if ((frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) ||
      (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
    return 0;
  const H2Stream* const stream = Of(user).Find(frame->hd.stream_id);
  if (stream != nullptr && !stream->request_done())
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
  return 0;
}

// Headers or trailers that are too long for a frame: the client would wait for them without end.
int H2::OnUnsentFrame(nghttp2_session* session, const nghttp2_frame* frame, int, void* user) {
  if (frame->hd.type == NGHTTP2_HEADERS && Of(user).Find(frame->hd.stream_id) != nullptr)
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                              NGHTTP2_INTERNAL_ERROR);
  return 0;
}

int H2::OnStreamClosed(nghttp2_session*, int32_t id, uint32_t, void* user) {
  H2& self = Of(user);
  const auto found = self.streams_.find(id);
  if (found == self.streams_.end()) return 0;
  const std::unique_ptr<H2Stream> stream = std::move(found->second);
  self.streams_.erase(found);
  stream->OnGone();
  if (self.streams_.empty()) {
    self.quiet_since_ = Clock::now();
    self.Await(self.ConnectionDue());
  }
  return 0;
}

ssize_t H2::OnGive(nghttp2_session*, int32_t id, uint8_t* into, size_t size, uint32_t* flags,
                   nghttp2_data_source*, void* user) {
  H2Stream* const stream = Of(user).Find(id);
  if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  return stream->Give({into, size}, *flags);
}

// -- the connection --

void H2::Begin() {
  static nghttp2_session_callbacks* const kCallbacks = Callbacks();
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_stream_reset_rate_limit(option, kResets, kResetsPerSecond);
  const int made = nghttp2_session_server_new2(&session_, kCallbacks, this, option);
  nghttp2_option_del(option);
  if (made != 0) return Close();
  const std::array<nghttp2_settings_entry, 3> settings{
      {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, serving_.limits.streams},
       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
       {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, serving_.limits.header_bytes}}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kWindow);
  Await(ConnectionDue());
  if (serving_.draining) nghttp2_submit_shutdown_notice(session_);
  Receive(std::exchange(first_, {}));
  if (!is_closed_) Read();
}

void H2::Read() {
  pipe_->Read(in_, [self = shared_from_this()](ssize_t size) {
    if (self->is_closed_) return;
    if (size <= 0) return self->Close();
    Guarded(*self, [&] {
      self->Receive({self->in_.data(), static_cast<size_t>(size)});
      if (!self->is_closed_) self->Read();
    });
  });
}

void H2::Receive(std::string_view bytes) {
  receiving_ = true;
  const ssize_t taken = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  receiving_ = false;
  if (taken < 0) return OnFailed();
  Flush();
}

void H2::OnFailed() {
  Close();
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

void H2::Flush() {
  if (receiving_ || writing_ || is_closed_) return;
  out_.clear();
  receiving_ = true;  // what is told meanwhile is sent in the same round
  ssize_t size = 1;
  while (size > 0 && out_.size() < kInHand) {
    const uint8_t* bytes = nullptr;
    size = nghttp2_session_mem_send(session_, &bytes);
    if (size > 0) out_.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  }
  receiving_ = false;
  if (size < 0) return OnFailed();
  if (out_.empty()) {
    if (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0)
      Close();
    return;
  }
  writing_ = true;
  write_since_ = Clock::now();
  Await(ConnectionDue());
  pipe_->Write(out_, [self = shared_from_this()](bool ok) {
    if (!self->is_closed_) Guarded(*self, [&] { self->OnWritten(ok); });
  });
}

void H2::Send(int32_t id) {
  Flush();
  H2Stream* const stream = Find(id);
  if (stream == nullptr || stream->HoldRest()) return;
  stream->BreakOff();
  Flush();
}

size_t H2::Room(int32_t id) {
  if (receiving_ || writing_) return 0;
  const int32_t window = std::min(nghttp2_session_get_remote_window_size(session_),
                                  nghttp2_session_get_stream_remote_window_size(session_, id));
  return std::min(static_cast<size_t>(std::max(window, 0)), kInHand);
}

void H2::OnWritten(bool ok) {
  writing_ = false;
  if (!ok) return Close();
  if (streams_.empty()) Await(ConnectionDue());
  TellDrained();
  Flush();
}

void H2::TellDrained() {
  std::vector<std::shared_ptr<Handler>> drained;
  for (const auto& [id, stream] : streams_) {
    if (stream->TakeDrained() && stream->handler()) drained.push_back(stream->handler());
  }
  for (const auto& handler : drained) handler->OnDrained();
}

// Source of rules: RFC 9113, section 6.8: this, and a while later the one that counts.
void H2::Announce() {
  nghttp2_submit_shutdown_notice(session_);
  Flush();
}

// What is under way is answered; the client sends what comes after to the next.
void H2::Finish() {
  std::vector<std::shared_ptr<Handler>> open;
  for (const auto& [id, stream] : streams_) {
    if (stream->handler()) open.push_back(stream->handler());
  }
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                        nullptr, 0);
  for (const auto& handler : open) handler->OnLeave();
  Flush();
}

// -- time --

Clock::time_point H2::ConnectionDue() const {
  if (writing_) return write_since_ + serving_.limits.write_time;
  return streams_.empty() ? quiet_since_ + serving_.limits.idle_time : Clock::time_point::max();
}

// One timer for all that may be due; it is looked at what is, when the first may be.
void H2::Await(Clock::time_point due) {
  if (is_closed_ || due == Clock::time_point::max() || (timer_due_ && *timer_due_ <= due)) return;
  timer_due_ = due;
  timer_.At(due, [self = shared_from_this()] {
    if (!self->is_closed_) Guarded(*self, [&] { self->Check(); });
  });
}

void H2::Check() {
  const auto now = Clock::now();
  timer_due_.reset();
  const auto due = ConnectionDue();
  if (due <= now) return Close();
  Await(due);
  std::vector<int32_t> late;
  for (const auto& [id, stream] : streams_) {
    const auto of_stream = stream->Due();
    if (!of_stream) continue;
    if (*of_stream <= now)
      late.push_back(id);
    else
      Await(*of_stream);
  }
  for (const int32_t id : late)
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
  if (!late.empty()) Flush();
}

void H2::Close() {
  if (std::exchange(is_closed_, true)) return;
  timer_.Stop();
  const Streams streams = std::exchange(streams_, {});
  for (const auto& [id, stream] : streams) stream->OnGone();
  pipe_->Close();
  closed_();
}

template <class Result, class... Args, Result (*kCallback)(Args...)>
void Safe<kCallback>::Keep(void* user) {
  H2::Keep(user);
}

}  // namespace

std::shared_ptr<Connection> ServeH2(Accepted accepted) {
  auto connection = std::make_shared<H2>(std::move(accepted));
  Guarded(*connection, [&] { connection->Begin(); });
  return connection;
}

}  // namespace ns::gateway::http
