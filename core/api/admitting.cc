#include "api/admitting.h"

#include <exception>

#include "api/authorize.h"
#include "api/problem.h"
#include "google/protobuf/message.h"
#include "proto/descriptors.h"

namespace ns::api {
namespace {

constexpr Duration kAdmittedFor = std::chrono::seconds(30);

}  // namespace

Admitting::Admitting(const Parts& parts, const IdentitySettings& settings,
                     const google::protobuf::MethodDescriptor& method, Claim claim, bool admin,
                     std::unique_ptr<google::protobuf::Message> message,
                     std::unique_ptr<Stream> inner)
    : parts_(parts),
      settings_(settings),
      method_(method),
      claim_(std::move(claim)),
      admin_(admin),
      message_(std::move(message)),
      inner_(std::move(inner)),
      admitted_(parts.clock.Monotonic()) {}

Admitting::~Admitting() = default;

Result<Piece> Admitting::Next(const ports::Call& call) {
  const auto told = [this](const Status& failure) {
    return ForCaller(failure, proto::FullName(method_), parts_.random);
  };
  try {
    Result<Piece> piece = Look(call);
    if (piece.ok()) return piece;
    return told(piece.status());
  } catch (const std::exception& error) {
    return told(Internal(error.what()));
  }
}

Result<Piece> Admitting::Look(const ports::Call& call) {
  const Duration now = parts_.clock.Monotonic();
  if (now - admitted_ >= kAdmittedFor) {
    NS_ASSIGN(const Caller caller, Recognise(parts_.store, settings_, claim_));
    if (caller.user.admin != admin_)
      return Status(Code::kUnavailable, "RightsChanged",
                    "what you may see has changed: open the stream again");
    NS_ASSIGN(const Admitted on, Admit(parts_.store, caller, method_, *message_));
    if (on.app && on.app->deleted) return Piece{{}, true};
    admitted_ = now;
  }
  return inner_->Next(call);
}

}  // namespace ns::api
