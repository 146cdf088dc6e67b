// One conversation between a Git client and a child that serves it.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "git/inflate.h"
#include "git/push_commands.h"
#include "ports/git_receive.h"
#include "supervise/fd.h"
#include "supervise/process.h"

namespace ns::git {

// Asked once, when it is known which refs a push would change: why it is refused, or ok.
using PushCheck = std::function<Status(const PushCommands&)>;

struct ServedChild {
  supervise::Process process;
  supervise::Fd io;   // its standard input and output
  supervise::Fd err;  // what it says on standard error
};

// Carries the body to the child and its output back, never more than a piece of either in memory.
// The child has ended, with its group, when Run returns.
class ReceiveConversation {
 public:
  // All outlive it. `call` has a deadline.
  ReceiveConversation(const ports::Call& call, Clock& clock, ServedChild child,
                      const ports::GitServing& serving, ports::ByteExchange& exchange,
                      size_t most_commands, PushCheck check);

  // Ok: the client has a whole answer, which may be Git's refusal.
  Status Run();
  // Of a push.
  const PushCommands& commands() const { return commands_; }

 private:
  Status Talk();
  Status Wait(bool& body, bool& out, bool& in, bool& err);
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
  PushCheck check_;
  Inflate inflate_;
  supervise::Fd wake_;      // a stop was requested
  std::string pending_;     // to the child
  std::string complaints_;  // of the child
  bool body_done_ = false;  // the client has sent all
  bool input_open_ = true;  // the child may be written to
  bool output_done_ = false;
  bool given_ = false;  // the client has something of the answer
  Status refused_;      // by us
};

}  // namespace ns::git
