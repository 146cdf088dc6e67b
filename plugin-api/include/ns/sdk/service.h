// Derive from Service to write one listening edge. It uses the platform through setup.host.api()
// alone.
#pragma once

#include <string>
#include <vector>

#include "ns/abi/service.h"
#include "ns/sdk/thunk.h"

namespace ns::sdk {

// A socket that the host opened and keeps. Accept from it; never close it.
struct Listener {
  int fd = -1;          // non-blocking, listening
  std::string address;  // "unix:/run/x.sock" or "127.0.0.1:4000"
};

class Service : public Instance {
 public:
  static constexpr const char* kKind = NS_SERVICE;

  // Serves from the listeners until Drain. Returns once it accepts. [control, active]
  virtual void Start(const Call& call, const std::vector<Listener>& listeners) = 0;
  // Accepts no more, lets what is open end until the deadline. [control, active]
  virtual void Drain(const Call& call) = 0;
  // Throws what is wrong. [any-thread]
  virtual void Health(const Call&) {}

  template <class T>
  static const void* Table();

 private:
  void StartRaw(const Call& call, const ns_listener* const* raw, size_t count) {
    std::vector<Listener> listeners;
    for (size_t i = 0; i < count; ++i) {
      const ns_listener& listener = detail::Given(raw[i], NS_HAS(raw[i], address));
      listeners.push_back({listener.fd, Text(listener.address)});
    }
    Start(call, listeners);
  }
  void DrainRaw(const Call& call) { Drain(call); }
  void HealthRaw(const Call& call) { Health(call); }
};

template <class T>
const void* Service::Table() {
  static constexpr ns_service kTable = {
      sizeof(ns_service), 0, &detail::Thunk<&Service::StartRaw>::Run,
      &detail::Thunk<&Service::DrainRaw>::Run, &detail::Thunk<&Service::HealthRaw>::Run};
  return &kTable;
}

}  // namespace ns::sdk
