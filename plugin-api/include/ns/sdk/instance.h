// What every plugin instance has, whatever its kind.
#pragma once

#include <string>

#include "ns/sdk/host.h"

namespace ns::sdk {

// What an instance is made of. A plugin's class has a constructor that takes it, which does no I/O
// and starts nothing.
struct Setup {
  Host host;             // stays valid as long as the library is loaded
  std::string kind;      // "ns.backend/1"
  std::string instance;  // its name in the operator's configuration
  std::string config;    // JSON that fits the manifest's config_schema
};

// Life: constructor, Activate, calls, Deactivate, destructor; Activate may come again after
// Deactivate.
class Instance {
 public:
  Instance() = default;
  virtual ~Instance() = default;
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  // Connects, starts threads. [control]
  virtual void Activate(const Call&) {}
  // Stops work and joins own threads; nothing asks the host for anything after it. No call is under
  // way. [control]
  virtual void Deactivate() {}
};

}  // namespace ns::sdk
