// Static sites on Caddy.
#pragma once

#include <string>
#include <vector>

#include "site/served_site.h"

namespace ns::site_caddy {

class CaddySite final : public site::ServedSite {
 public:
  explicit CaddySite(const sdk::Setup& setup);

 private:
  std::string Text(const sdk::SiteSettings& settings, const std::string& mark) const override;
  std::vector<std::string> RunCommand(const std::string& binary, const Paths& paths) const override;
  std::vector<std::string> CheckCommand(const std::string& binary,
                                        const Paths& paths) const override;
  // By its socket for the purpose. Caddy says what it has against it, and then keeps what it has.
  void TakeUp(const sdk::Call& call, const Paths& paths, int64_t pid) override;
};

}  // namespace ns::site_caddy
