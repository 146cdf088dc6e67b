// Hints of Git hosts. A payload is untrusted: it only ever makes us look.
#include <algorithm>
#include <set>

#include "api/raw.h"
#include "base/crypto.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "model/repository_url.h"

namespace ns::api {
namespace {

using google::protobuf::Struct;

RawAnswer Text(int status, std::string body) {
  return {status, "text/plain; charset=utf-8", std::move(body) + "\n"};
}

std::string HeaderOf(const Peer& peer, const std::string& name) {
  for (const auto& [key, value] : peer.headers) {
    if (key == name) return value;
  }
  return "";
}

// Whether the payload is signed with `secret` as `host` does it.
bool Signed(const std::string& host, const Secret& secret, const RawRequest& request) {
  if (host == "gitlab")
    return EqualInConstantTime(HeaderOf(request.peer, "x-gitlab-token"), secret.Reveal());
  const std::string expected = ToHex(HmacSha256(secret.Reveal(), request.body));
  std::string given = HeaderOf(request.peer, "x-hub-signature-256");
  if (given.starts_with("sha256=")) given.erase(0, 7);
  if (host == "gitea" && given.empty()) given = HeaderOf(request.peer, "x-gitea-signature");
  return EqualInConstantTime(given, expected);
}

int Nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The JSON of a payload that came as a form ("payload=%7B..."), which is GitHub's default.
std::string JsonOf(std::string_view body) {
  constexpr std::string_view kField = "payload=";
  if (!body.starts_with(kField)) return std::string(body);
  body.remove_prefix(kField.size());
  std::string out;
  for (size_t i = 0; i < body.size() && body[i] != '&'; ++i) {
    const bool escaped = body[i] == '%' && i + 2 < body.size() && Nibble(body[i + 1]) >= 0 &&
                         Nibble(body[i + 2]) >= 0;
    out += escaped          ? static_cast<char>(Nibble(body[i + 1]) * 16 + Nibble(body[i + 2]))
           : body[i] == '+' ? ' '
                            : body[i];
    if (escaped) i += 2;
  }
  return out;
}

// Every URL that a push event of one of the three gives its repository, normalised.
std::set<std::string> NamedUrls(const Struct& payload) {
  std::set<std::string> out;
  for (const char* object : {"repository", "project"}) {
    const auto found = payload.fields().find(object);
    if (found == payload.fields().end() || !found->second.has_struct_value()) continue;
    const auto& fields = found->second.struct_value().fields();
    for (const char* name : {"clone_url", "ssh_url", "git_url", "html_url", "git_http_url",
                             "git_ssh_url", "http_url", "web_url", "url", "homepage"}) {
      const auto url = fields.find(name);
      if (url != fields.end()) out.insert(model::NormaliseUrl(url->second.string_value()));
    }
  }
  out.erase("");
  return out;
}

// What the host calls this event; those of GitHub and Gitea in one word, of GitLab "Push Hook".
std::string EventOf(const std::string& host, const Peer& peer) {
  return HeaderOf(peer, "x-" + host + "-event");
}

// A payload whose sender does not say what it is about counts as a push.
bool MovesRefs(const std::string& event) {
  static const std::set<std::string> kEvents = {
      "", "push", "create", "delete", "Push Hook", "Tag Push Hook", "System Hook"};
  return kEvents.contains(event);
}

// What tells one delivery from every other; empty where the host does not number them. The payload
// is part of it: GitLab gives events that follow from one another the same number.
std::string DeliveryOf(const std::string& host, const RawRequest& request) {
  const bool gitlab = host == "gitlab";
  std::string number =
      HeaderOf(request.peer, gitlab ? "idempotency-key" : "x-" + host + "-delivery");
  if (gitlab && number.empty()) number = HeaderOf(request.peer, "x-gitlab-event-uuid");
  if (number.empty()) return "";
  return Sha256Hex(host + "\n" + number + "\n" + std::string(request.body));
}

}  // namespace

RawAnswer AnswerWebhook(const Context& context, const RawRequest& request) {
  const std::string host(request.path.substr(request.path.rfind('/') + 1));
  if (host != "github" && host != "gitea" && host != "gitlab")
    return Text(404, "webhooks come to /api/webhook/github, /gitea or /gitlab");
  const Secret& secret = context.settings.webhook_secret;
  if (!secret.empty() && !Signed(host, secret, request))
    return Text(403, "the payload is not signed with the secret of this installation");
  if (!MovesRefs(EventOf(host, request.peer))) return Text(200, "nothing to do for such an event");
  const std::string delivery = DeliveryOf(host, request);
  if (!delivery.empty() && context.hooks.Seen(delivery))
    return Text(200, "this delivery was here before");
  Struct payload;
  if (!google::protobuf::util::JsonStringToMessage(JsonOf(request.body), &payload).ok())
    return Text(400, "the body is no JSON object");
  if (!context.hooks.Hint(NamedUrls(payload)).ok())
    return Text(503, "the database does not answer; send it again later");
  if (!delivery.empty()) context.hooks.Remember(delivery);
  return Text(202, "accepted");  // says nothing of what is registered here
}

}  // namespace ns::api
