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

// Borrows everything from the listing.
class ListingView {
 public:
  explicit ListingView(const ports::SourceListing& listing);
  ListingView(const ListingView&) = delete;
  ListingView& operator=(const ListingView&) = delete;
  // `head`, which is called with `ctx`, gives the contents.
  ns_source_listing With(void* ctx, decltype(ns_source_listing::head) head) const;

 private:
  const bool truncated_;
  std::vector<ns_source_file> files_;
  std::vector<const ns_source_file*> pointers_;
};

// `raw` is there and at least as long as its first version.
ports::BuildPlan PlanFrom(const ns_build_plan* raw);

}  // namespace ns::plugin
