#include "http/connection.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "http/peer.h"
#include "http/timer.h"

namespace ns::gateway::http {
namespace {

constexpr size_t kPiece = 4096;
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Finds out what is spoken; then stands for the one that speaks it.
class Opening final : public Connection, public std::enable_shared_from_this<Opening> {
 public:
  Opening(Serving& serving, std::unique_ptr<Pipe> pipe, sdk::Peer peer,
          std::function<void(Connection*)> closed)
      : serving_(serving),
        pipe_(std::move(pipe)),
        peer_(std::move(peer)),
        closed_(std::move(closed)),
        timer_(serving.io) {}

  void Begin() {
    Limit(serving_.limits.idle_time);
    pipe_->Open([self = shared_from_this()](bool ok) {
      if (self->over_) return;
      Guarded(*self, [&] { ok ? self->Look() : self->Close(); });
    });
  }

  void Announce() override {
    if (const auto speaker = speaker_) speaker->Announce();
  }
  void Finish() override {
    if (const auto speaker = speaker_) return speaker->Finish();
    Close();
  }
  void Abort() override {
    if (const auto speaker = speaker_) return speaker->Abort();
    Close();
  }

 private:
  void Limit(std::chrono::milliseconds time) {
    timer_.After(time, [self = shared_from_this()] { self->Close(); });
  }

  void Look() {
    if (pipe_->agreed() == "h2") return Speak(&ServeH2);
    bytes_.resize(kPiece);
    pipe_->Read(bytes_, [self = shared_from_this()](ssize_t size) {
      if (self->over_) return;
      Guarded(*self, [&] { size > 0 ? self->Saw(static_cast<size_t>(size)) : self->Close(); });
    });
  }

  void Saw(size_t size) {
    if (first_.empty()) Limit(serving_.limits.header_time);
    first_.append(bytes_.data(), size);
    const size_t known = std::min(first_.size(), kPreface.size());
    if (first_.compare(0, known, kPreface, 0, known) != 0) return Speak(&ServeH1);
    if (known == kPreface.size()) return Speak(&ServeH2);
    Look();
  }

  void Speak(std::shared_ptr<Connection> (*serve)(Accepted)) {
    timer_.Stop();
    bytes_ = {};
    const auto self = shared_from_this();
    speaker_ = serve({serving_, std::move(pipe_), std::move(peer_), std::move(first_),
                      [self] { self->Closed(); }});
    if (over_) speaker_.reset();
  }

  // The pipe goes with this: what is under way on it uses it still.
  void Close() {
    if (std::exchange(over_, true)) return;
    timer_.Stop();
    if (pipe_ != nullptr) pipe_->Close();
    closed_(this);
  }
  void Closed() {
    speaker_.reset();  // it holds itself as long as it needs
    if (!std::exchange(over_, true)) closed_(this);
  }

  Serving& serving_;
  std::unique_ptr<Pipe> pipe_;  // until it is known
  bool over_ = false;
  sdk::Peer peer_;
  const std::function<void(Connection*)> closed_;
  Timer timer_;
  std::vector<char> bytes_;
  std::string first_;
  std::shared_ptr<Connection> speaker_;
};

}  // namespace

std::shared_ptr<Connection> Serve(Serving& serving, int fd,
                                  std::function<void(Connection*)> closed) {
  sdk::Peer peer = PeerOf(fd);
  auto pipe = NewPipe(serving.io, fd, serving.tls);
  if (!pipe) return nullptr;
  auto opening =
      std::make_shared<Opening>(serving, std::move(pipe), std::move(peer), std::move(closed));
  opening->Begin();
  return opening;
}

}  // namespace ns::gateway::http
