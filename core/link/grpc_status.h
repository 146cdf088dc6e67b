// What gRPC and the rest of the host have in common.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "link/admission.h"
#include "link/security.h"

namespace grpc {
class Channel;
class ClientContext;
class ServerContextBase;
class Status;
}  // namespace grpc

namespace ns::link {

grpc::Status ToGrpc(const Status& status);
// A failure without a reason of ours came from gRPC itself.
Status FromGrpc(const grpc::Status& status);
// What the peer of a call has shown.
Credentials CredentialsOf(const grpc::ServerContextBase& context);

// A connection of its own, made when first used; a peer that goes silent is noticed within ten
// seconds.
std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address, const Identity& identity);
// Shows the token.
void ShowIdentity(grpc::ClientContext& context, const Identity& identity);
// On gRPC's clock.
std::chrono::system_clock::time_point DeadlineIn(Duration left);
void SetDeadline(grpc::ClientContext& context, Duration left);

}  // namespace ns::link
