// The repositories behind `ns push`.
#include "api/method.h"
#include "api/problem.h"
#include "api/receive.h"
#include "model/received.h"
#include "neoshowcase/platform/v1/push.pb.h"

namespace ns::api {
namespace {

namespace platform = neoshowcase::platform::v1;

constexpr char kPushService[] = "neoshowcase.platform.v1.PushService/";

platform::PreparePushResponse Answer(const std::string& name, const RepositoryId& id) {
  platform::PreparePushResponse out;
  out.set_repository_id(id.str());
  out.set_path("/git/" + name + ".git");
  return out;
}

Status Taken(const std::string& name) {
  return Refuse(Code::kExists, "NameTaken",
                {{"name", "is taken, choose another: got " + model::Quoted(name)}});
}

Result<platform::PreparePushResponse> Existing(const Context& context, const Request& request,
                                               const ports::Received& place) {
  NS_ASSIGN(const auto repository, context.store().repositories.Get(place.repository));
  if (!Owns(request.user, repository.owners)) return Taken(place.name);
  auto out = Answer(place.name, place.repository);
  if (place.host != context.settings.receive.host) out.set_address(place.address);
  return out;
}

Result<platform::PreparePushResponse> PreparePush(const Context& context, const Request& request,
                                                  const platform::PreparePushRequest& in) {
  if (context.parts.received == nullptr)
    return Status(Code::kPrecondition, "NotReceiving",
                  "this server takes no pushes: receive.enabled is false");
  const std::string mistake = model::ReceivedNameMistake(in.name());
  if (!mistake.empty()) return InvalidField("name", mistake + ", got " + model::Quoted(in.name()));
  const auto found = context.store().received.Find(in.name());
  if (found.ok()) return Existing(context, request, *found);
  if (found.status().code() != Code::kNotFound) return found.status();
  const auto made = MakeReceived(context, request.user, in.name());
  if (made.status().code() == Code::kExists) return Taken(in.name());
  NS_TRY(made.status());
  auto out = Answer(in.name(), made->id);
  out.set_created(true);
  return out;
}

}  // namespace

void OfferPush(MethodTable& table) {
  Offer(table, std::string(kPushService) + "PreparePush", PreparePush);
}

}  // namespace ns::api
