#include "ssgen/serving.h"
namespace ns::ssgen {
Status Serving::Serve(const ports::Call& call, const NamedServer& chosen,
                      const std::vector<NamedServer>&, const std::vector<SiteName>&) {
  NS_TRY(chosen.server->Start(call, chosen.settings));
  Lock lock(turn_);
  serving_ = chosen;
  return {};
}
Status Serving::Care(const ports::Call& call) {
  Lock lock(turn_);
  return serving_ ? serving_->server->Probe(call, serving_->settings) : Status();
}
}  // namespace ns::ssgen
