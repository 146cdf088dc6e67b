// Where hosts on other machines come in.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "link/builder_streams.h"
#include "link/security.h"
#include "ports/backend.h"

namespace ns::link {

struct EntranceOptions {
  std::string listen;       // "address:port" or "unix:/path"; port 0: any
  std::string certificate;  // PEM, with the chain; empty: plain text, on this machine only
  Secret key;
  std::string client_ca;  // PEM; not empty: every peer must show a certificate signed by it
  std::vector<KnownHost> hosts;
};

struct EntranceParts {
  HostId host;                                      // of this process
  std::map<std::string, ports::Backend*> backends;  // loaded here
  ports::HostStore& hosts;
  DeskFor desk_for;
  std::function<void()> joined;  // a builder has come, and may take what waits
  Executor executor;
  Clock& clock;
};

// Serves builders (role `builder`) and the calls of services (role `services`) until it goes. What
// the parts refer to must outlive it.
class Entrance {
 public:
  static Result<std::unique_ptr<Entrance>> Open(EntranceOptions options, EntranceParts parts);
  virtual ~Entrance() = default;
  // Chosen where the options say 0; 0 for a Unix socket.
  virtual int port() const = 0;
  // Tells every builder to look at its claims. [any-thread]
  virtual void Look() = 0;
};

}  // namespace ns::link
