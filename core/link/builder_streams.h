// The streams of all builders that are connected to this controller.
#pragma once

#include <functional>
#include <memory>

#include "link/admission.h"
#include "link/conversation.h"

namespace grpc {
class Service;
}

namespace ns::link {

// Runs work on a thread that may block; drops it only when the process ends.
using Executor = std::function<void(std::function<void()>)>;

struct BuilderStreamsParts {
  const Admission& admission;
  ports::HostStore& hosts;
  DeskFor desk_for;
  std::function<void()> joined;  // a builder has come
  Executor executor;
  Clock& clock;
};

// One message of a builder is worked on at a time, and the next is read when it is answered: a
// flood is held up at its own end. [any-thread]
class BuilderStreams {
 public:
  explicit BuilderStreams(BuilderStreamsParts parts);
  // After the gRPC server has been shut down.
  ~BuilderStreams();

  grpc::Service& service();
  // "Look at your claims", to every builder.
  void Look();
  // Ends every stream; new ones are refused.
  void End();

 private:
  class Streams;
  const std::shared_ptr<Streams> streams_;
};

}  // namespace ns::link
