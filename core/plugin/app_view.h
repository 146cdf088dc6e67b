// One application as the ABI's structs. Borrows everything from the DesiredApp, secrets too:
// nothing is copied that would have to be wiped.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "model/deploy.h"
#include "model/env.h"
#include "ns/abi/app.h"
#include "ns/abi/status.h"

namespace ns::plugin {

// Structs of variables and the pointers to them, sorted by key.
class EnvView {
 public:
  explicit EnvView(const std::vector<model::EnvVar>& env);
  EnvView(const EnvView&) = delete;
  EnvView& operator=(const EnvView&) = delete;
  const ns_env* const* data() const { return pointers_.data(); }
  size_t size() const { return pointers_.size(); }

 private:
  std::vector<ns_env> items_;
  std::vector<const ns_env*> pointers_;
};

class AppView {
 public:
  explicit AppView(const model::DesiredApp& app);
  AppView(const AppView&) = delete;
  AppView& operator=(const AppView&) = delete;
  const ns_app* raw() const { return &raw_; }

 private:
  void Add(const model::ProcessSpec& process);
  void Add(const model::Website& site);
  void Add(const model::PortPublication& port);

  ns_app raw_{};
  std::deque<EnvView> envs_;
  std::deque<std::vector<ns_str>> words_;
  std::deque<ns_probe> probes_;
  std::deque<ns_process> processes_;
  std::deque<ns_route> routes_;
  std::deque<ns_port> ports_;
  std::vector<const ns_process*> process_pointers_;
  std::vector<const ns_route*> route_pointers_;
  std::vector<const ns_port*> port_pointers_;
};

// What a backend told; texts are made clean. `raw` is at least as long as its first version.
model::ObservedApp ObservedFrom(const AppId& id, const ns_app_status& raw, Time observed_at);

}  // namespace ns::plugin
