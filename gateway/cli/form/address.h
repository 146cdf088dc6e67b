// Websites and published ports. Pure.
#pragma once

#include <string>

#include "form/form.h"

namespace ns::cli::form {

// "https://shop.test/api", "9000/tcp".
std::string AddressOf(api::CreateWebsiteRequest website);
std::string AddressOf(const api::PortPublication& port);

// All of a website that a form says; its id stays. Messages of the API write it alike.
template <class From, class To>
void CopyWebsite(const From& from, To& to) {
  to.set_fqdn(from.fqdn());
  to.set_path_prefix(from.path_prefix());
  to.set_strip_prefix(from.strip_prefix());
  to.set_https(from.https());
  to.set_h2c(from.h2c());
  to.set_http_port(from.http_port());
  to.set_authentication(from.authentication());
}

}  // namespace ns::cli::form
