// One stream from a builder to a controller, from its beginning to its end.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "link/builder_wire.h"
#include "link/remote_desk.h"

namespace ns::link {

// No controller is connected.
Status ControllerAway();

// Must be waited for (WaitEnd) before it goes. [any-thread]
class DeskStream {
 public:
  // Begins with `hello`. The rest must outlive the stream; whoever looks after claims is called
  // from a thread of gRPC.
  static std::unique_ptr<DeskStream> Begin(const std::string& address, wire::BuilderMessage hello,
                                           const RemoteDeskOptions& options, Clock& clock);
  virtual ~DeskStream() = default;

  virtual const std::string& address() const = 0;  // of the controller
  // Of the protocol, as agreed; 0: not yet.
  virtual uint32_t version() = 0;
  // The answer to `message`, or why there is none.
  virtual Result<wire::ControllerMessage> Ask(const ports::Call& call,
                                              wire::BuilderMessage message) = 0;
  virtual void Send(wire::BuilderMessage message) = 0;
  // Says that nothing more will come, so that the controller takes the builder for gone.
  virtual void Leave() = 0;
  virtual void Cancel() = 0;

  // Whether the controller has agreed to speak with us, in ten seconds.
  virtual bool WaitWelcome(const std::stop_token& stop) = 0;
  // False: it goes on after `span`.
  virtual bool WaitClosed(const std::stop_token& stop, Duration span) = 0;
  virtual Status WaitEnd() = 0;
};

}  // namespace ns::link
