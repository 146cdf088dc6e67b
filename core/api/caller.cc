#include "api/caller.h"

#include "base/log.h"
#include "model/token_text.h"
#include "model/validate.h"

namespace ns::api {
namespace {

Result<Caller> BehindToken(const ports::Store& store, const IdentitySettings& settings,
                           const Secret& text) {
  auto shown = store.tokens.Find(model::TokenHash(text.Reveal()));
  if (shown.status().code() == Code::kNotFound) {
    return Status(Code::kUnauthenticated, "TokenUnknown",
                  "there is no such token: it was revoked, or is one of another installation");
  }
  if (!shown.ok()) return shown.status();
  if (shown->expired) {
    return Status(Code::kUnauthenticated, "TokenExpired",
                  "the token " + model::Quoted(shown->token.name) + " has expired: make another");
  }
  Caller caller;
  NS_ASSIGN(caller.user, store.users.Get(shown->token.user));
  caller.user.admin =
      shown->token.scope == model::TokenScope::kAdmin && AlwaysAdmin(settings, caller.user);
  if (shown->note_use) {
    if (const Status noted = store.tokens.NoteUse(shown->token.id); !noted.ok())
      log::Debug("the use of a token is not noted", {{"error", noted.ToString()}});
  }
  caller.token = std::move(shown->token);
  return caller;
}

}  // namespace

Result<Caller> Recognise(const ports::Store& store, const IdentitySettings& settings,
                         const Claim& claim) {
  if (!claim.token.empty()) return BehindToken(store, settings, claim.token);
  Caller caller;
  NS_ASSIGN(caller.user, store.users.Ensure(claim.name, claim.admin));
  // Whom neither this call nor a grant makes an admin is none, whatever an earlier call said.
  caller.user.admin = claim.admin || caller.user.granted;
  return caller;
}

}  // namespace ns::api
