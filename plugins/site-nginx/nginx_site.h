// Static sites on nginx.
#pragma once

#include <string>
#include <vector>

#include "site/served_site.h"

namespace ns::site_nginx {

class NginxSite final : public site::ServedSite {
 public:
  explicit NginxSite(const sdk::Setup& setup);

 private:
  std::string Text(const sdk::SiteSettings& settings, const std::string& mark) const override;
  std::vector<std::string> RunCommand(const std::string& binary, const Paths& paths) const override;
  std::vector<std::string> CheckCommand(const std::string& binary,
                                        const Paths& paths) const override;
  // As nginx hands its sockets to the program that replaces it.
  std::vector<std::string> HandedOver(const Paths&) const override { return {"NGINX=3;"}; }
  // nginx opens what is new first and then lets its old workers end; what it cannot open leaves it
  // as it is.
  void TakeUp(const sdk::Call& call, const Paths& paths, int64_t pid) override;
};

}  // namespace ns::site_nginx
