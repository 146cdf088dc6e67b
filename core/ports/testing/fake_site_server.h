// The SiteServer port in memory.
#pragma once

#include <map>
#include <string>

#include "base/mutex.h"
#include "ports/site.h"

namespace ns::ports::testing {

// Knows servers by their data folder; those with an `own` share what they listen at. [any-thread]
class FakeSiteServer : public SiteServer {
 public:
  Result<std::string> Render(const Call& call, const SiteSettings& settings) override;
  Status Check(const Call& call, const SiteSettings& settings) override;
  Status Start(const Call& call, const SiteSettings& settings) override;
  Status Reload(const Call& call, const SiteSettings& settings) override;
  Status Stop(const Call& call, const SiteSettings& settings) override;
  Status Probe(const Call& call, const SiteSettings& settings) override;

  // From now on every method fails with `status` and does nothing; an ok status ends that.
  void FailWith(Status status);
  // Check, Start and Reload refuse settings with that root.
  void Refuse(const std::string& root);
  // What answers at an address, as its text, the first where several share it; empty: nobody.
  std::string At(const std::string& listen);

 private:
  struct State {
    std::map<std::string, SiteSettings> running;  // by data folder
    std::string refused_root;
    Status failure;
  };
  Status Put(const SiteSettings& settings, bool must_run);
  Status Enter(const Call& call);
  Guarded<State> state_;
};

}  // namespace ns::ports::testing
