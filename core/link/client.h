// Asking the other hosts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "ports/backend.h"
#include "ports/store.h"

namespace ns::link {

// Finds the host that loads a backend instance in the hosts table, and asks it. [any-thread]
class Client {
 public:
  // `hosts` must outlive the client.
  explicit Client(ports::HostStore& hosts);
  ~Client();

  // As Backend::Logs. kUnavailable with reason "BackendHostAway" while no host that loads the
  // instance answers.
  Result<std::vector<model::LogLine>> Output(const ports::Call& call, const std::string& backend,
                                             const ports::LogQuery& query);

 private:
  class Channels;
  Result<std::string> AddressFor(const std::string& backend);

  ports::HostStore& hosts_;
  const std::unique_ptr<Channels> channels_;
};

}  // namespace ns::link
