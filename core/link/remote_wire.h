// A remote with its credentials, as builders are told it. Of the wire alone.
#pragma once

#include <string>

#include "neoshowcase/link/v1/builders.pb.h"
#include "ports/git_remote.h"

namespace ns::link {

void ToWire(const ports::Remote& remote, neoshowcase::link::v1::Credentials& credentials,
            std::string& id, std::string& url);
// The ids and the method must have been checked.
ports::Remote RemoteFrom(const std::string& id, const std::string& url,
                         const neoshowcase::link::v1::Credentials& credentials);

}  // namespace ns::link
