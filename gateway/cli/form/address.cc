#include "form/address.h"

#include "text.h"

namespace ns::cli::form {

std::string AddressOf(api::CreateWebsiteRequest website) {
  Normalise(website);
  return (website.https() ? "https://" : "http://") + website.fqdn() + website.path_prefix();
}

std::string AddressOf(const api::PortPublication& port) {
  return std::to_string(port.internet_port()) + "/" +
         Lowered(api::PortPublicationProtocol_Name(port.protocol()));
}

}  // namespace ns::cli::form
