#include "git/receive_child.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <stop_token>

#include "git/entry_name.h"

namespace ns::git {
namespace {

using std::chrono::milliseconds;

constexpr size_t kPiece = 32 << 10;
constexpr size_t kMostComplaints = 4 << 10;
constexpr size_t kInflatedAtOnce = 4 << 20;  // of one piece of a compressed body, a negotiation
constexpr Duration kDrain = std::chrono::minutes(1);  // of a body that nobody reads any more
constexpr Duration kEnding = std::chrono::seconds(10);

struct Wake {
  int fd;
  void operator()() const { ::eventfd_write(fd, 1); }
};

}  // namespace

ReceiveConversation::ReceiveConversation(const ports::Call& call, Clock& clock, ServedChild child,
                                         const ports::GitServing& serving,
                                         ports::ByteExchange& exchange, size_t most_commands,
                                         PushCheck check)
    : call_(call),
      clock_(clock),
      child_(std::move(child)),
      serving_(serving),
      exchange_(exchange),
      commands_(most_commands),
      check_(std::move(check)),
      wake_(::eventfd(0, EFD_CLOEXEC)) {}

Status ReceiveConversation::Run() {
  const std::stop_callback<Wake> on_stop(call_.cancel, Wake{wake_.get()});
  Status status = Talk();
  if (!status.ok() || !refused_.ok()) child_.process.KillGroup(SIGKILL);
  auto ended = child_.process.Wait(clock_, clock_.Monotonic() + kEnding);
  if (!ended.ok()) {
    child_.process.KillGroup(SIGKILL);
    ended = child_.process.Wait(clock_, clock_.Monotonic() + kEnding);
  }
  if (!status.ok()) return status;
  if (!body_done_) NS_TRY(Drain());
  if (!refused_.ok() && given_) return refused_;  // the client has the beginning of another answer
  if (!refused_.ok() && serving_.service == ports::GitService::kReceive)
    return Give(commands_.Refusal(refused_.message()));
  if (!refused_.ok()) return refused_;
  if (given_) return {};
  if (ended.ok() && ended->ok()) return Give({});  // a probe, which has no answer
  return Unavailable("git ended without an answer: " +
                     (ended.ok() ? ended->ToString() : ended.status().message()) + ", " +
                     Shown(complaints_))
      .SetFault(Fault::kPlatform);
}

// Until the child has said all, or is not wanted any more.
Status ReceiveConversation::Talk() {
  if (serving_.advertise) {
    body_done_ = true;
    CloseInput();
  }
  while (!output_done_ && refused_.ok()) {
    bool body = false, out = false, in = false, err = false;
    NS_TRY(Wait(body, out, in, err));
    if (err) ReadErrors();
    if (out) NS_TRY(ReadSome());
    if (in && input_open_) WriteSome();
    if (body) NS_TRY(TakeBody());
    if (body_done_ && pending_.empty()) CloseInput();
  }
  return {};
}

// What can go on. kDeadline, kCancelled.
Status ReceiveConversation::Wait(bool& body, bool& out, bool& in, bool& err) {
  const Duration left = call_.deadline.value_or(Duration::max()) - clock_.Monotonic();
  if (call_.cancel.stop_requested()) return {Code::kCancelled, "the client has gone"};
  if (left <= Duration::zero()) return {Code::kDeadline, "the client took too long"};
  const bool wants_body = !body_done_ && pending_.empty();
  const auto events = static_cast<short>((input_open_ && !pending_.empty() ? POLLOUT : 0) | POLLIN);
  std::array<pollfd, 4> fds{{{output_done_ ? -1 : child_.io.get(), events, 0},
                             {child_.err.get(), POLLIN, 0},
                             {wants_body ? exchange_.ready() : -1, POLLIN, 0},
                             {wake_.get(), POLLIN, 0}}};
  const auto time = std::chrono::ceil<milliseconds>(left).count();
  ::poll(fds.data(), fds.size(), static_cast<int>(std::min<int64_t>(time, 60'000)));
  out = (fds[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
  in = (fds[0].revents & (POLLOUT | POLLERR)) != 0;
  err = fds[1].revents != 0;
  body = fds[2].revents != 0;
  return {};
}

Status ReceiveConversation::TakeBody() {
  std::string bytes;
  NS_ASSIGN(body_done_, exchange_.Take(bytes));
  if (!input_open_) return {};  // the child has heard enough
  const Status understood = Understand(std::move(bytes));
  if (!understood.ok()) Refuse(understood);
  return {};
}

Status ReceiveConversation::Understand(std::string bytes) {
  std::string plain;
  if (serving_.gzip)
    NS_TRY(inflate_.Feed(bytes, kInflatedAtOnce, plain));
  else
    plain = std::move(bytes);
  if (serving_.service == ports::GitService::kReceive && !commands_.complete()) {
    NS_TRY(commands_.Feed(plain));
    if (commands_.complete()) NS_TRY(check_(commands_));
  }
  pending_ += plain;
  return {};
}

void ReceiveConversation::Refuse(const Status& why) {
  refused_ = why;
  pending_.clear();
  CloseInput();
}

void ReceiveConversation::CloseInput() {
  if (std::exchange(input_open_, false)) ::shutdown(child_.io.get(), SHUT_WR);
}

void ReceiveConversation::WriteSome() {
  const ssize_t sent =
      ::send(child_.io.get(), pending_.data(), pending_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0) {
    pending_.erase(0, static_cast<size_t>(sent));
  } else if (sent < 0 && errno != EINTR && errno != EAGAIN) {
    pending_.clear();  // it reads no more, and says why
    input_open_ = false;
  }
}

Status ReceiveConversation::ReadSome() {
  std::array<char, kPiece> chunk;
  const ssize_t got = ::recv(child_.io.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (got > 0) return Give({chunk.data(), static_cast<size_t>(got)});
  if (got == 0 || (errno != EINTR && errno != EAGAIN)) output_done_ = true;
  return {};
}

void ReceiveConversation::ReadErrors() {
  std::array<char, 1024> chunk;
  const ssize_t got = ::read(child_.err.get(), chunk.data(), chunk.size());
  if (got > 0 && complaints_.size() < kMostComplaints)
    complaints_.append(chunk.data(), static_cast<size_t>(got));
  if (got <= 0 && errno != EINTR && errno != EAGAIN) child_.err.Close();
}

// The list of refs begins with the name of the service, but in version 2 of the protocol.
Status ReceiveConversation::Give(std::string_view bytes) {
  const bool push = serving_.service == ports::GitService::kReceive;
  if (!std::exchange(given_, true) && serving_.advertise &&
      (push || serving_.protocol != "version=2"))
    NS_TRY(exchange_.Give(
        call_, PacketLine(push ? "# service=git-receive-pack\n" : "# service=git-upload-pack\n") +
                   "0000"));
  return exchange_.Give(call_, bytes);
}

// A client that still sends when it is answered may miss the answer.
Status ReceiveConversation::Drain() {
  const Duration until =
      std::min(clock_.Monotonic() + kDrain, call_.deadline.value_or(Duration::max()));
  while (!body_done_) {
    const auto left = std::chrono::ceil<milliseconds>(until - clock_.Monotonic()).count();
    if (left <= 0) return {};  // it gets what there is to say
    if (call_.cancel.stop_requested()) return {Code::kCancelled, "the client has gone"};
    std::array<pollfd, 2> fds{{{exchange_.ready(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
    ::poll(fds.data(), fds.size(), static_cast<int>(left));
    std::string ignored;
    if (fds[0].revents == 0) continue;
    NS_ASSIGN(body_done_, exchange_.Take(ignored));
  }
  return {};
}

}  // namespace ns::git
