// An edge that listens: a plugin of kind ns.service/1.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "ports/call.h"

namespace ns::plugin {

// A socket that the host opened and keeps.
struct ServiceListener {
  int fd = -1;          // non-blocking, listening; stays open as long as the service runs
  std::string address;  // "unix:/run/x.sock" or "127.0.0.1:4000"
};

class Service {
 public:
  virtual ~Service() = default;
  // Serves from the listeners until Drain. Returns once it accepts.
  virtual Status Start(const ports::Call& call, const std::vector<ServiceListener>& listeners) = 0;
  // Accepts no more, lets what is open end until the deadline.
  virtual Status Drain(const ports::Call& call) = 0;
  // What is wrong, if anything. [any-thread]
  virtual Status Health(const ports::Call& call) = 0;
};

}  // namespace ns::plugin
