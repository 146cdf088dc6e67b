// Build requests and plans as the ABI's structs, and back.
#pragma once

#include <deque>
#include <vector>

#include "base/status.h"
#include "ns/abi/build.h"
#include "plugin/app_view.h"
#include "ports/build.h"

namespace ns::plugin {

// Borrows everything from the request.
class RequestView {
 public:
  explicit RequestView(const ports::BuildRequest& request);
  RequestView(const RequestView&) = delete;
  RequestView& operator=(const RequestView&) = delete;
  const ns_build_request* raw() const { return &raw_; }

 private:
  EnvView env_;
  std::vector<ns_str> entrypoint_, command_;
  ns_build_request raw_{};
};

// Borrows everything from the plan.
class PlanView {
 public:
  explicit PlanView(const ports::BuildPlan& plan);
  PlanView(const PlanView&) = delete;
  PlanView& operator=(const PlanView&) = delete;
  const ns_build_plan* raw() const { return &raw_; }

 private:
  EnvView secrets_;
  std::vector<ns_build_arg> args_;
  std::vector<const ns_build_arg*> arg_pointers_;
  ns_build_plan raw_{};
};

// `raw` is at least as long as its first version.
ports::BuildPlan PlanFrom(const ns_build_plan& raw);

}  // namespace ns::plugin
