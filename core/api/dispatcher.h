// The platform's own API: authenticate, authorise, validate, act. Every method that edges can
// invoke passes here, once.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/identity.h"
#include "api/outputs.h"
#include "api/stream.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"
#include "model/platform.h"
#include "ports/git_receive.h"
#include "ports/git_remote.h"
#include "ports/storage.h"
#include "ports/store.h"

namespace ns::api {

// Repositories that are pushed straight to the platform.
struct ReceiveSettings {
  std::string host;            // the name of this machine
  std::string address;         // URL of its gateway for other machines; empty: none
  bool create_on_push = true;  // a push to an unknown name makes a repository of it
  int at_once = 8;             // pushes and fetches under way, and as many of hosts besides
  Duration time_limit = std::chrono::hours(1);  // of each
  uint64_t push_limit = uint64_t{1} << 30;      // bytes of one push
};

struct Settings {
  model::PlatformInfo platform;
  IdentitySettings identity;
  Secret plan_key;       // of build, run and route keys: tells whether anything is left to do
  std::string ssh_host;  // of the SSH edge; empty: none
  int ssh_port = 0;
  int max_output_lines = 5000;        // of one GetOutput
  bool basic_auth_over_http = false;  // else basic credentials need https
  Secret webhook_secret;              // empty: hints are taken unsigned
  ReceiveSettings receive;
};

struct Parts {
  ports::Store store;
  ports::GitRemote& git;
  Outputs& outputs;
  Clock& clock;
  Random& random;
  // Of artifacts; null: there is none here. [any-thread]
  std::function<ports::Storage*()> storage = [] { return nullptr; };
  // What /metrics answers; empty: there is nothing to tell. [any-thread]
  std::function<std::string()> metrics = [] { return std::string(); };
  ports::GitReceive* received = nullptr;  // null: nothing is pushed here
};

// A raw HTTP entry that an HTTP edge serves.
struct RawEntry {
  std::string path;  // exact, or a prefix when it ends in "/"
  bool get = false, post = false;
  int64_t max_body = 0;    // bytes
  bool operators = false;  // not where strangers come in
  bool stream = false;     // its requests come by RawStream
};
using RawHeaders = std::vector<std::pair<std::string, std::string>>;  // names in lower case
struct RawAnswer {
  int http_status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  RawHeaders headers = {};  // besides; of entries that stream alone
};

// The body of such a request, and the way back for an answer of any length.
class RawStream {
 public:
  virtual ~RawStream() = default;
  virtual ports::ByteExchange& bytes() = 0;
  // The head of the answer, before its first byte.
  virtual void Open(int http_status, const RawHeaders& headers) = 0;
};

// [any-thread] Calls block on the store, Git or a backend; whoever drives it owns the threads. At
// most 16 wait for a growing log (LogFollowers; 30 s), and 36 for remotes, backends and storage
// (WaitTurns; 25 s, a builder's look a minute) at once; they end early when `call.cancel` is
// requested.
class Dispatcher {
 public:
  // Subscribes to the store's hints: make it before the first wait.
  Dispatcher(Settings settings, Parts parts);
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // Calls "package.Service/Method" with a serialized request; gives the serialized response. A
  // failure carries the code and the message for the caller, and in details() a serialized
  // google.rpc.Status with google.rpc.BadRequest and google.rpc.ErrorInfo. kInternal carries no
  // internals, only an error id that is in the log. Unknown methods and those not offered yet:
  // kUnsupported.
  // Of a method that writes an audit event is stored before this returns, and the header
  // `Idempotency-Key` has it carried out once.
  Result<std::string> Invoke(const ports::Call& call, const Peer& peer, const std::string& method,
                             std::string_view request);

  // As Invoke where nothing need be waited for: the method tells of its caller alone, and who that
  // is was asked a moment ago. Else none, and nothing was done.
  std::optional<Result<std::string>> AnswerAtOnce(const ports::Call& call, const Peer& peer,
                                                  const std::string& method,
                                                  std::string_view request);

  // Whether the method answers with many messages: then Open, else Invoke.
  bool Streams(const std::string& method) const;
  // Begins such an answer; failures as of Invoke, here and from Stream::Next. Who may follow is
  // asked again every half minute, so that an answer ends with the right to it. The dispatcher must
  // outlive the stream.
  Result<std::unique_ptr<Stream>> Open(const ports::Call& call, const Peer& peer,
                                       const std::string& method, std::string_view request);
  // `woken` is called with what Stream::awaits names when there may be more. Briefly, from any
  // thread; never again once the next one is set (null: none).
  void OnMore(std::function<void(const std::string&)> woken);

  // Reads events for all who watch, until `stop`; for a thread of its own. Where none is in it,
  // they see what changes late.
  void FollowEvents(const std::stop_token& stop);

  std::vector<RawEntry> RawEntries() const;
  // Sends the hints of webhooks that were put off (a second for each repository). To be called
  // every few seconds.
  void SendOwed();
  RawAnswer Raw(const ports::Call& call, const Peer& peer, std::string_view http_method,
                std::string_view path, std::string_view body);
  // Whether a host of the platform asks, by what it shows; does not block.
  bool OfAHost(const Peer& peer) const;
  // A request of an entry that streams. What it gives is the answer where `stream` was not opened.
  // A failure: there is none, or only the beginning of one.
  Result<std::optional<RawAnswer>> Raw(const ports::Call& call, const Peer& peer,
                                       std::string_view http_method, std::string_view path,
                                       RawStream& stream);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ns::api
