// Asking the other hosts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "link/security.h"
#include "ports/backend.h"
#include "ports/store.h"

namespace ns::link {

// Finds the host that loads a backend instance in the hosts table, and asks it. [any-thread]
class Client {
 public:
  // `hosts` must outlive the client. `identity`: for hosts on other machines.
  explicit Client(ports::HostStore& hosts, Identity identity = {});
  ~Client();

  // As Backend::Logs. kUnavailable with reason "BackendHostAway" while no host that loads the
  // instance answers.
  Result<std::vector<model::LogLine>> Output(const ports::Call& call, const std::string& backend,
                                             const ports::LogQuery& query);

 private:
  class Channels;
  Result<std::string> AddressFor(const std::string& backend);

  ports::HostStore& hosts_;
  const Identity identity_;
  const std::unique_ptr<Channels> channels_;
};

// Of the addresses in a row of the hosts table, separated by blanks: the one to ask. A Unix socket
// that is there is preferred. Empty: there is none.
std::string ChooseAddress(const std::string& addresses);

}  // namespace ns::link
