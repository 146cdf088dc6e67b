// What a plugin may ask of the host.
#pragma once

#include <string>

#include "ns/abi/host.h"
#include "ns/sdk/host_api.h"
#include "ns/sdk/host_log.h"
#include "ns/sdk/host_spawn.h"
#include "ns/sdk/host_state.h"

namespace ns::sdk {

// A view of the host's ns_host; copy it freely. A service that the host does not offer is absent:
// its calls throw NS_E_UNSUPPORTED, but for the log, whose records go nowhere. [any-thread]
class Host {
 public:
  // NULL: no host, for tests.
  explicit Host(const ns_host* raw = nullptr) : raw_(raw) {}

  const ns_host* raw() const { return raw_; }
  std::string name() const { return raw_ ? Text(raw_->name) : ""; }
  std::string version() const { return raw_ ? Text(raw_->version) : ""; }
  // Marks everything that this installation creates.
  std::string installation() const { return raw_ ? Text(raw_->installation) : ""; }
  // Of this instance on this machine, shared by all host processes of the installation.
  std::string data_dir() const { return raw_ ? Text(raw_->data_dir) : ""; }

  Log log() const { return Log(raw_, Service<ns_host_log>(NS_HOST_LOG)); }
  State state() const { return State(raw_, Service<ns_host_state>(NS_HOST_STATE)); }
  Spawn spawn() const { return Spawn(raw_, Service<ns_host_spawn>(NS_HOST_SPAWN)); }
  Api api() const { return Api(raw_, Service<ns_host_api>(NS_HOST_API)); }

  template <class Table>
  const Table* Service(const char* id) const {
    return raw_ && raw_->service ? static_cast<const Table*>(raw_->service(raw_, id)) : nullptr;
  }

 private:
  const ns_host* raw_;
};

}  // namespace ns::sdk
