#include "store/hint_channel.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/log.h"
#include "base/random.h"

namespace ns::store {
namespace {

using namespace std::chrono_literals;
using ports::Hint;

constexpr Duration kFirstWait = 200ms, kLongestWait = 5s;
constexpr Duration kSilence = 4s;   // then the session is asked whether it lives
constexpr Duration kPatience = 3s;  // with its answer
constexpr size_t kLongestId = 64;

constexpr std::array<std::pair<Hint::Kind, std::string_view>, 7> kNames{{
    {Hint::Kind::kRepository, "repository"},
    {Hint::Kind::kApplication, "application"},
    {Hint::Kind::kBuild, "build"},
    {Hint::Kind::kBuildLog, "build_log"},
    {Hint::Kind::kQueue, "queue"},
    {Hint::Kind::kSite, "site"},
    {Hint::Kind::kDetection, "detection"},
}};

// Anything longer, or with blanks or control characters in it, was sent by somebody else.
bool IsId(std::string_view text) {
  return text.size() <= kLongestId &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isgraph(c) != 0; });
}

// Between half of `wait` and all of it.
Duration Jittered(Duration wait) {
  return wait / 2 + Duration(SystemRandom().Below(static_cast<uint64_t>((wait / 2).count())));
}

}  // namespace

// A stop request that poll() can see.
class HintChannel::StopSignal {
 public:
  explicit StopSignal(const std::stop_token& stop) : stop_(stop), callback_(stop, Wake{fd_}) {}
  ~StopSignal() { close(fd_); }
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  int fd() const { return fd_; }
  bool requested() const { return stop_.stop_requested(); }
  void Wait(Duration limit) const {
    pollfd fd{fd_, POLLIN, 0};
    poll(&fd, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(limit).count()));
  }

 private:
  struct Wake {
    int fd;
    void operator()() const { eventfd_write(fd, 1); }
  };
  const int fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const std::stop_token stop_;
  const std::stop_callback<Wake> callback_;
};

std::string FormatHint(const Hint& hint) {
  const auto name = std::ranges::find(kNames, hint.kind, &decltype(kNames)::value_type::first);
  return std::string(name->second) + ":" + hint.id;
}

std::optional<Hint> ParseHint(std::string_view payload) {
  const size_t colon = payload.find(':');
  const auto name =
      std::ranges::find(kNames, payload.substr(0, colon), &decltype(kNames)::value_type::second);
  if (colon == std::string_view::npos || name == kNames.end()) return std::nullopt;
  const std::string_view id = payload.substr(colon + 1);
  if (!IsId(id)) return std::nullopt;
  return Hint{name->first, std::string(id)};
}

Status HintChannel::Send(const Hint& hint) {
  return pool_.Run("SELECT pg_notify('ns_hints', $1)", Params::Of(FormatHint(hint))).status();
}

void HintChannel::Subscribe(std::function<void(const Hint&)> on_hint) {
  subscribers_.With([&](auto& subscribers) { subscribers.push_back(std::move(on_hint)); });
}

void HintChannel::Tell(const Hint& hint) {
  const auto subscribers = subscribers_.With([](auto& all) { return all; });
  for (const auto& subscriber : subscribers) subscriber(hint);
}

void HintChannel::Listen(const std::stop_token& stop) {
  const StopSignal signal(stop);
  Duration wait = kFirstWait;
  while (!signal.requested()) {
    const Duration began = SystemClock().Monotonic();
    const Status ended = ListenOnce(signal);
    if (signal.requested()) return;
    if (SystemClock().Monotonic() - began > kLongestWait) wait = kFirstWait;
    if (wait == kFirstWait)
      log::Warn("hints of the database are interrupted", {{"error", ended.ToString()}});
    signal.Wait(Jittered(wait));
    wait = std::min(wait * 2, kLongestWait);
  }
}

Status HintChannel::ListenOnce(const StopSignal& stop) {
  NS_ASSIGN(const auto connection, Connection::Open(options_.connection, options_.connect_limit,
                                                    std::min(options_.statement_limit, kPatience)));
  NS_TRY(connection->Do("LISTEN ns_hints"));
  NS_TRY(CatchUp(*connection));
  while (!stop.requested()) {
    NS_ASSIGN(const auto payloads, connection->Receive(kSilence, stop.fd()));
    for (const std::string& payload : payloads) {
      if (const auto hint = ParseHint(payload)) Tell(*hint);
    }
    if (payloads.empty() && !stop.requested()) NS_TRY(connection->Do("SELECT 1"));
  }
  return {};
}

Status HintChannel::CatchUp(Connection& connection) {
  NS_ASSIGN(const Rows rows,
            connection.Run("SELECT 'repository:' || id FROM repositories UNION "
                           "ALL SELECT 'application:' || id FROM applications UNION ALL "
                           "SELECT 'site:' || id FROM applications WHERE "
                           "deploy_type = 1"));
  NS_ASSIGN(const auto payloads,
            ReadAll<std::string>(rows, [](Row& row, std::string& payload) { row >> payload; }));
  for (const std::string& payload : payloads) {
    if (const auto hint = ParseHint(payload)) Tell(*hint);
  }
  Tell({Hint::Kind::kQueue, ""});
  return {};
}

}  // namespace ns::store
