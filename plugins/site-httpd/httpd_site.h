// Static sites on the Apache HTTP server.
#pragma once

#include <string>
#include <vector>

#include "site/served_site.h"

namespace ns::site_httpd {

class HttpdSite final : public site::ServedSite {
 public:
  explicit HttpdSite(const sdk::Setup& setup);

 private:
  std::map<std::string, std::string> Files() const override;
  // It has no Unix sockets.
  void CheckAddress(const sdk::SiteSettings& settings) const override;
  std::string Text(const sdk::SiteSettings& settings, const std::string& mark) const override;
  std::vector<std::string> RunCommand(const std::string& binary, const Paths& paths) const override;
  std::vector<std::string> CheckCommand(const std::string& binary,
                                        const Paths& paths) const override;
  std::vector<std::string> HandedOver(const Paths& paths) const override;
  // Old workers end once their requests have.
  void TakeUp(const sdk::Call& call, const Paths& paths, int64_t pid) override;
};

}  // namespace ns::site_httpd
