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
constexpr Duration kDrain = std::chrono::minutes(1);   // of a body that nobody reads any more
constexpr Duration kMoving = std::chrono::minutes(1);  // of refs that nobody waits for any more
constexpr Duration kEnding = std::chrono::seconds(10);

// Git says why it ends with 128; by more a sandbox tells the signal that ended it.
bool WasKilled(const Result<supervise::ExitStatus>& ended) {
  constexpr int kSaid = 128;
  return !ended.ok() || ended->signalled || ended->value > kSaid;
}

struct Wake {
  int fd;
  void operator()() const { ::eventfd_write(fd, 1); }
};

}  // namespace

ReceiveConversation::ReceiveConversation(const ports::Call& call, Clock& clock, ServedChild child,
                                         const ports::GitServing& serving,
                                         ports::ByteExchange& exchange, size_t most_commands,
                                         Duration ask_every, PushCheck check)
    : call_(call),
      clock_(clock),
      child_(std::move(child)),
      serving_(serving),
      exchange_(exchange),
      commands_(most_commands),
      ask_every_(ask_every),
      check_(std::move(check)),
      wake_(::eventfd(0, EFD_CLOEXEC)),
      asked_(clock.Monotonic()) {}

Result<ports::GitServed> ReceiveConversation::Run() {
  const std::stop_callback<Wake> on_stop(call_.cancel, Wake{wake_.get()});
  lost_ = Talk();
  if (!lost_.ok() && passed_)
    LetEnd();
  else if (!lost_.ok() || !refused_.ok())
    child_.process.KillGroup(SIGKILL);
  auto ended = child_.process.Wait(clock_, clock_.Monotonic() + kEnding);
  if (!ended.ok()) {
    child_.process.KillGroup(SIGKILL);
    ended = child_.process.Wait(clock_, clock_.Monotonic() + kEnding);
  }
  if (lost_.ok() && !body_done_) lost_ = Drain();
  if (!lost_.ok() && !passed_ && !report_.took_any()) return lost_;
  return Conclude(ended);
}

Result<ports::GitServed> ReceiveConversation::Conclude(const Result<supervise::ExitStatus>& ended) {
  const bool push = serving_.service == ports::GitService::kReceive;
  if (!refused_.ok()) {
    // Not behind the beginning of another answer.
    const bool may_follow = !given_ || (commands_.side_band() && report_.may_follow());
    if (!push || !may_follow) return refused_;
    NS_TRY(Give(commands_.Refusal(refused_.message())));
    return ports::GitServed{refused_, false};
  }
  if (given_ && !push && !WasKilled(ended)) return ports::GitServed();
  const bool well = ended.ok() && ended->ok();
  const ports::GitServed served{stopped_.ok() ? report_.Refused() : stopped_, report_.took_any()};
  if (well && !given_) NS_TRY(Give({}));  // a probe, which has no answer
  if (well || served.moved || !served.refused.ok()) return served;
  return Unavailable((given_ ? "git ended within its answer: " : "git ended without an answer: ") +
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
    NS_ASSIGN(const Ready ready, Wait());
    if (ready.err) ReadErrors();
    if (ready.out) NS_TRY(ReadSome());
    if (ready.in && input_open_) WriteSome();
    if (ready.body) NS_TRY(TakeBody());
    if (ready.gate && refused_.ok()) AnswerGate();
    AskAgain();
    if (body_done_ && pending_.empty()) CloseInput();
  }
  return {};
}

// Refs move. Git says the rest of what becomes of them, and ends.
void ReceiveConversation::LetEnd() {
  const Duration until = clock_.Monotonic() + kMoving;
  while (!output_done_) {
    const auto left = std::chrono::ceil<milliseconds>(until - clock_.Monotonic()).count();
    if (left <= 0) return;
    std::array<pollfd, 2> fds{{{child_.io.get(), POLLIN, 0}, {child_.err.get(), POLLIN, 0}}};
    ::poll(fds.data(), fds.size(), static_cast<int>(left));
    if (fds[1].revents != 0) ReadErrors();
    if (fds[0].revents != 0) (void)ReadSome();
  }
}

// What can go on. kDeadline, kCancelled.
Result<ReceiveConversation::Ready> ReceiveConversation::Wait() {
  const Duration left = call_.deadline.value_or(Duration::max()) - clock_.Monotonic();
  if (call_.cancel.stop_requested()) return Status(Code::kCancelled, "the client has gone");
  if (left <= Duration::zero()) return Status(Code::kDeadline, "the client took too long");
  const bool wants_body = !body_done_ && pending_.empty();
  const auto events = static_cast<short>((input_open_ && !pending_.empty() ? POLLOUT : 0) | POLLIN);
  std::array<pollfd, 5> fds{{{output_done_ ? -1 : child_.io.get(), events, 0},
                             {child_.err.get(), POLLIN, 0},
                             {wants_body ? exchange_.ready() : -1, POLLIN, 0},
                             {wake_.get(), POLLIN, 0},
                             {child_.gate.get(), POLLIN, 0}}};
  const auto time = std::chrono::ceil<milliseconds>(std::min(left, ask_every_)).count();
  ::poll(fds.data(), fds.size(), static_cast<int>(std::min<int64_t>(time, 60'000)));
  Ready ready;
  ready.out = (fds[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
  ready.in = (fds[0].revents & (POLLOUT | POLLERR)) != 0;
  ready.err = fds[1].revents != 0;
  ready.body = fds[2].revents != 0;
  ready.gate = fds[4].revents != 0;
  return ready;
}

// Everything is there and good, and the refs come next.
void ReceiveConversation::AnswerGate() {
  char asks = 0;
  if (::recv(child_.gate.get(), &asks, 1, MSG_DONTWAIT) != 1) return child_.gate.Close();
  stopped_ = serving_.may ? serving_.may() : Status();
  passed_ = stopped_.ok();
  pending_.clear();  // git has read what it needs, and what comes now refuses nothing
  CloseInput();
  const std::string answer = passed_ ? "ok\n" : Shown(stopped_.message()) + "\n";
  ::send(child_.gate.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

// Whoever pushes may lose the right to it meanwhile.
void ReceiveConversation::AskAgain() {
  const Duration now = clock_.Monotonic();
  if (!serving_.may || passed_ || !stopped_.ok() || now - asked_ < ask_every_) return;
  asked_ = now;
  const Status may = serving_.may();
  if (may.ok() || may.code() == Code::kUnavailable || may.code() == Code::kDeadline) return;
  Refuse(may);
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
  if (got > 0) {
    const std::string_view said(chunk.data(), static_cast<size_t>(got));
    if (serving_.service == ports::GitService::kReceive && !serving_.advertise)
      report_.Feed(said, commands_.side_band());
    return Give(said);
  }
  if (got == 0 || (errno != EINTR && errno != EAGAIN)) output_done_ = true;
  return {};
}

void ReceiveConversation::ReadErrors() {
  std::array<char, 1024> chunk;
  const ssize_t got = ::read(child_.err.get(), chunk.data(), chunk.size());
  if (got > 0) report_.Complain({chunk.data(), static_cast<size_t>(got)});
  if (got > 0 && complaints_.size() < kMostComplaints)
    complaints_.append(chunk.data(), static_cast<size_t>(got));
  if (got <= 0 && errno != EINTR && errno != EAGAIN) child_.err.Close();
}

// The list of refs begins with the name of the service, but in version 2 of the protocol.
Status ReceiveConversation::Give(std::string_view bytes) {
  if (!lost_.ok()) return {};
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
