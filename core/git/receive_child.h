// One conversation between a Git client and a child that serves it.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "git/inflate.h"
#include "git/push_commands.h"
#include "git/push_report.h"
#include "ports/git_receive.h"
#include "supervise/fd.h"
#include "supervise/process.h"

namespace ns::git {

// Asked once, when it is known which refs a push would change: why it is refused, or ok.
using PushCheck = std::function<Status(const PushCommands&)>;

struct ServedChild {
  supervise::Process process;
  supervise::Fd io;         // its standard input and output
  supervise::Fd err;        // what it says on standard error
  supervise::Fd gate = {};  // of a push: a byte asks whether refs may move, a line answers
};

// Carries the body to the child and its output back, never more than a piece of either in memory.
// The child has ended when Run returns, in a sandbox with all that it has started. Once refs move
// it ends by itself, whatever becomes of the client: git that is killed leaves its locks behind.
class ReceiveConversation {
 public:
  // All outlive it. `call` has a deadline.
  ReceiveConversation(const ports::Call& call, Clock& clock, ServedChild child,
                      const ports::GitServing& serving, ports::ByteExchange& exchange,
                      size_t most_commands, Duration ask_every, PushCheck check);

  Result<ports::GitServed> Run();
  // Of a push.
  const PushCommands& commands() const { return commands_; }
  // Of a push: git asked whether refs may move, and they might.
  bool passed() const { return passed_; }

 private:
  struct Ready {
    bool body = false, out = false, in = false, err = false, gate = false;
  };

  Status Talk();
  void LetEnd();
  Result<Ready> Wait();
  void AnswerGate();
  void AskAgain();
  Result<ports::GitServed> Conclude(const Result<supervise::ExitStatus>& ended);
  Status TakeBody();
  Status Understand(std::string bytes);
  void WriteSome();
  Status ReadSome();
  void ReadErrors();
  Status Give(std::string_view bytes);
  void CloseInput();
  void Refuse(const Status& why);
  Status Drain();

  const ports::Call& call_;
  Clock& clock_;
  ServedChild child_;
  const ports::GitServing& serving_;
  ports::ByteExchange& exchange_;
  PushCommands commands_;
  const Duration ask_every_;
  PushCheck check_;
  PushReport report_;
  Inflate inflate_;
  supervise::Fd wake_;      // a stop was requested
  std::string pending_;     // to the child
  std::string complaints_;  // of the child
  bool body_done_ = false;  // the client has sent all
  bool input_open_ = true;  // the child may be written to
  bool output_done_ = false;
  bool given_ = false;   // the client has something of the answer
  bool passed_ = false;  // the gate
  Duration asked_;       // last, whether it may still be
  Status lost_;          // the client: nobody is told any more
  Status refused_;       // by us
  Status stopped_;       // by us at the gate, as Git tells it
};

}  // namespace ns::git
