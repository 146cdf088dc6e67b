// Takes the artifacts of builders on other machines.
#pragma once

#include <memory>
#include <stop_token>

#include "base/clock.h"
#include "link/admission.h"
#include "link/conversation.h"

namespace grpc {
class Service;
}

namespace ns::link {

// `admission` and `clock` must outlive the service.
std::shared_ptr<grpc::Service> NewArtifactService(const Admission& admission, DeskFor desk_for,
                                                  Clock& clock, std::stop_token stopping);

}  // namespace ns::link
