// Calls that any host may be asked: what needs the machine of a backend.
#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include "base/id.h"
#include "link/admission.h"
#include "ports/backend.h"

namespace grpc {
class Service;
}

namespace ns::link {

// `backends` must outlive the service, as `admission` must; null: whoever reaches it may ask.
std::shared_ptr<grpc::Service> NewLinkService(HostId host,
                                              std::map<std::string, ports::Backend*> backends,
                                              const Admission* admission, std::stop_token stopping);

}  // namespace ns::link
