// A controller's side of one builder's stream: what it answers to each message.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/id.h"
#include "link/builder_wire.h"
#include "ports/build_desk.h"
#include "ports/store.h"

namespace ns::link {

// The desk of a host. [any-thread]
using DeskFor = std::function<std::unique_ptr<ports::BuildDesk>(const HostId&)>;

// The id of the builder that is known by `name` and runs as `process`. The same on every
// controller, and nobody else's: the name is proven.
HostId BuilderId(const std::string& name, const std::string& process);

// Blocks in the store; one call at a time.
class Conversation {
 public:
  // `name`: under which the host was let in. `hosts` and `clock` must outlive the conversation.
  Conversation(std::string name, ports::HostStore& hosts, const DeskFor& desk_for, Clock& clock);

  // The answer, or none where none is wanted. A failure ends the stream: the message breaks the
  // protocol, no version is common to both, or messages come without measure.
  Result<std::optional<wire::ControllerMessage>> Answer(const wire::BuilderMessage& message);

  // Empty before hello.
  const HostId& host() const { return host_.id; }
  // The builder has gone: nothing more is given to it.
  Status Leave();

 private:
  Status Count();
  Result<wire::ControllerMessage> Hello(const wire::Hello& hello);
  Status Beat(const wire::HostState& state);
  Result<wire::ControllerMessage> Request(const wire::BuilderMessage& message);
  wire::ControllerMessage Claimed();
  Result<wire::ControllerMessage> Renew(const wire::RenewClaims& request);
  Result<wire::ControllerMessage> Order(const wire::GetOrder& request);
  Result<wire::ControllerMessage> Append(const wire::AppendLog& request);
  Result<wire::ControllerMessage> Phase(const wire::BeginPhase& request);
  Result<wire::ControllerMessage> Settle(const wire::Settle& request);
  wire::ControllerMessage TakeDetection();
  Result<wire::ControllerMessage> AnswerDetection(const wire::AnswerDetection& request);

  ports::HostStore& hosts_;
  const DeskFor desk_for_;
  Clock& clock_;
  model::Host host_;
  std::unique_ptr<ports::BuildDesk> desk_;
  Duration window_{};  // messages are counted by the second
  int in_window_ = 0;
  std::map<BuildId, int> phases_;  // told of builds that have not ended
};

}  // namespace ns::link
