// An answer of many messages whose caller is let in anew from time to time.
#pragma once

#include <memory>
#include <string>

#include "api/caller.h"
#include "api/dispatcher.h"

namespace google::protobuf {
class Message;
class MethodDescriptor;
}  // namespace google::protobuf

namespace ns::api {

// Asks again whether the caller may go on, and puts failures into words for them. What is given by
// reference outlives it.
class Admitting final : public Stream {
 public:
  // `admin`: whether the caller was one as it began.
  Admitting(const Parts& parts, const IdentitySettings& settings,
            const google::protobuf::MethodDescriptor& method, Claim claim, bool admin,
            std::unique_ptr<google::protobuf::Message> message, std::unique_ptr<Stream> inner);
  ~Admitting() override;

  Result<Piece> Next(const ports::Call& call) override;
  std::string awaits() const override { return inner_->awaits(); }
  Duration interval() const override { return inner_->interval(); }
  std::string waits_for_others() const override { return inner_->waits_for_others(); }

 private:
  Result<Piece> Look(const ports::Call& call);

  const Parts& parts_;
  const IdentitySettings& settings_;
  const google::protobuf::MethodDescriptor& method_;
  const Claim claim_;
  const bool admin_;
  const std::unique_ptr<google::protobuf::Message> message_;
  const std::unique_ptr<Stream> inner_;
  Duration admitted_;
};

}  // namespace ns::api
