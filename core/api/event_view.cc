#include "api/event_view.h"

#include "api/convert.h"

namespace ns::api {
namespace {

const char* Word(model::Subject subject) {
  switch (subject) {
    case model::Subject::kApplication:
      return "application";
    case model::Subject::kRepository:
      return "repository";
    case model::Subject::kBuild:
      return "build";
    case model::Subject::kInstallation:
      break;
  }
  return "installation";
}

}  // namespace

neoshowcase::platform::v1::Event ToProto(const model::Event& event, const std::string& actor) {
  neoshowcase::platform::v1::Event out;
  *out.mutable_at() = ToProto(event.at);
  out.set_subject(Word(event.subject));
  out.set_subject_id(event.subject_id);
  out.set_application_id(event.app.str());
  out.set_actor(actor);
  out.set_kind(event.kind);
  out.set_reason(event.reason);
  out.set_message(event.message);
  out.set_data(event.data);
  return out;
}

std::string NameOfActor(const Context& context, const std::string& actor) {
  if (!IsId(actor)) return actor;
  const auto user = context.store().users.Get(UserId(actor));
  return user.ok() ? user->name : actor;
}

}  // namespace ns::api
