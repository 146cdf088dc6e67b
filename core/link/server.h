// This host's end of what hosts say to each other.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/id.h"
#include "base/status.h"
#include "ports/backend.h"

namespace ns::link {

// Answers other hosts of this installation about the backend instances loaded here, until it goes.
class Server {
 public:
  // `path`: of a Unix socket in a folder that only this account may enter. `backends` must outlive
  // the server.
  static Result<std::unique_ptr<Server>> Listen(const std::string& path, HostId host,
                                                std::map<std::string, ports::Backend*> backends);
  virtual ~Server() = default;
  // "unix:/path", for the hosts table.
  virtual std::string address() const = 0;
};

}  // namespace ns::link
