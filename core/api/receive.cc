#include "api/receive.h"

#include <algorithm>

#include "api/receive_part.h"
#include "api/receive_request.h"
#include "base/log.h"
#include "model/fetch_token.h"
#include "model/received.h"

namespace ns::api {
namespace {

using ports::GitService;

constexpr int64_t kOverhead = 64 << 20;  // of what a client sends beyond the pack's own limit

RawAnswer Text(int status, const std::string& message, RawHeaders headers = {}) {
  return {status, "text/plain; charset=utf-8", message + "\n", std::move(headers)};
}

// As git shows it, behind "remote:".
RawAnswer Refusal(const Status& status) {
  switch (status.code()) {
    case Code::kUnauthenticated:
      return Text(401, status.message() + "; the password is an API token",
                  {{"www-authenticate", "Basic realm=\"NeoShowcase\", charset=\"UTF-8\""}});
    case Code::kInvalid:
      return Text(400, status.message());
    case Code::kNotFound:
      return Text(404, status.message());
    case Code::kUnsupported:
      return Text(405, status.message());
    case Code::kDenied:
    case Code::kExists:
    case Code::kPrecondition:
      return Text(403, status.message());
    case Code::kExhausted:
      return Text(413, status.message());
    case Code::kDeadline:
    case Code::kUnavailable:
      return Text(503, status.message(), {{"retry-after", "5"}});
    default:
      return Text(500, status.message());
  }
}

// As git-lfs shows it.
RawAnswer NoLfs() {
  return {501,
          "application/vnd.git-lfs+json",
          "{\"message\": \"the platform keeps no Git LFS objects: name a server that does by `git "
          "config -f .lfsconfig lfs.url URL`, or keep the files in Git itself by `git lfs migrate "
          "export --everything --include='*'`\"}\n",
          {}};
}

// Opens the answer when there is something to say.
class OpenedLate final : public ports::ByteExchange {
 public:
  OpenedLate(RawStream& stream, std::string content_type)
      : stream_(stream), content_type_(std::move(content_type)) {}

  int ready() const override { return stream_.bytes().ready(); }
  Result<bool> Take(std::string& bytes) override { return stream_.bytes().Take(bytes); }
  Status Give(const ports::Call& call, std::string_view bytes) override {
    if (!std::exchange(opened_, true))
      stream_.Open(200, {{"content-type", content_type_},
                         {"cache-control", "no-cache, max-age=0, must-revalidate"}});
    return stream_.bytes().Give(call, bytes);
  }
  bool opened() const { return opened_; }

 private:
  RawStream& stream_;
  const std::string content_type_;
  bool opened_ = false;
};

class GitRequest {
 public:
  GitRequest(const Context& context, const ports::Call& call, const RawRequest& request,
             model::AuditEvent& told)
      : context_(context), call_(call), request_(request), told_(told) {}

  // Ok: the stream has the answer, or the beginning of one that was `cut`.
  Status Answer(RawStream& stream) {
    NS_ASSIGN(ask_, ReadGitAsk(request_.peer, request_.http_method, request_.path));
    NS_TRY(ReadClaim());
    NS_ASSIGN(const ports::Received place, Admitted(Makes()));
    if (place.host != context_.settings.receive.host) return Elsewhere(place);
    const GitTurns::Turn turn(OfAHost() ? context_.host_turns : context_.git_turns, call_,
                              told_.user.str());
    NS_TRY(turn.status());
    NS_TRY(StillAdmitted(place));                      // who waited may have lost the right to it
    if (push()) NS_TRY(received().Create(ask_.name));  // should it have failed before
    return Serve(place, stream);
  }

  const Status& cut() const { return cut_; }

  // Whether the audit log shall hold it, now that it was answered with `outcome`.
  bool Telling(const Status& outcome) const {
    if (!push()) return false;
    return !ask_.serving.advertise || made_ || (!outcome.ok() && !told_.user.empty());
  }

 private:
  bool push() const { return ask_.serving.service == GitService::kReceive; }
  ports::GitReceive& received() const { return *context_.parts.received; }

  bool OfAHost() const { return whole_ && !push(); }

  // Whether a repository that is not there is made. A browser sends its login at a proxy along with
  // every image of any page, so that alone says of nobody that they meant to.
  bool Makes() const {
    const bool meant = request_.peer.has_credentials || !claim_.token.empty();
    return meant && push() && ask_.serving.advertise && context_.settings.receive.create_on_push;
  }

  // What was claimed at first counts to the end, where it proves nothing any more later.
  Status ReadClaim() {
    whole_ = FetchedByHost(context_.settings, request_.peer, context_.parts.clock.Now());
    if (OfAHost()) return {};
    const auto basic = BasicOf(request_.peer);
    const Peer peer = basic ? WithBearer(request_.peer, *basic) : request_.peer;
    NS_ASSIGN(claim_, Identify(context_.settings.identity, peer, context_.parts.clock.Now()));
    NoteClaim(context_.settings.identity, peer, claim_, told_);
    return {};
  }

  // `makes`: a repository that is not there.
  Result<ports::Received> Admitted(bool makes) {
    if (OfAHost()) return FindPart(context_.store(), *whole_, ask_.name);
    NS_ASSIGN(const Caller caller, Recognise(context_.store(), context_.settings.identity, claim_));
    NoteCaller(caller, told_);
    return Place(caller, makes);
  }

  Status StillAdmitted(const ports::Received& place) {
    NS_ASSIGN(const ports::Received now, Admitted(false));
    if (now.repository == place.repository) return {};
    return NotFound("the repository \"" + ask_.name + "\" is another one by now");
  }

  Result<ports::Received> Place(const Caller& caller, bool makes) {
    const auto found = context_.store().received.Find(ask_.name);
    if (found.status().code() == Code::kNotFound && makes) {
      NS_TRY(Authorize(caller, {Action::kAny, model::TokenScope::kDeploy, false}, {}));
      NS_ASSIGN(const model::Repository made, MakeReceived(context_, caller.user, ask_.name));
      made_ = true;
      NoteRepository(made.id);
      return context_.store().received.Find(ask_.name);
    }
    if (!found.ok()) return found;
    NoteRepository(found->repository);
    NS_ASSIGN(const auto snapshot, context_.store().repositories.Snapshot(found->repository));
    Object object{
        "repository \"" + ask_.name + "\"", snapshot.repository.owners, false, false, {}, true};
    for (const auto& follower : snapshot.followers) object.apps.push_back(follower.app);
    const Demand demand = push() ? Demand{Action::kOwn, model::TokenScope::kDeploy, false}
                                 : Demand{Action::kUse, model::TokenScope::kRead, false};
    NS_TRY(Authorize(caller, demand, object));
    if (push() && caller.token) NS_TRY(CoversAll(*caller.token, object.apps));
    return found;
  }

  void NoteRepository(const RepositoryId& id) {
    told_.object_kind = "repository";
    told_.object_id = id.str();
    told_.repository = id;
  }

  // What is pushed is deployed by every application of the repository.
  static Status CoversAll(const model::Token& token, const std::vector<AppId>& apps) {
    const auto covered = [&](const AppId& app) { return token.Covers(app); };
    if (std::ranges::all_of(apps, covered)) return {};
    return {Code::kDenied, "TokenLimited",
            "the token is limited to applications, and the repository has others too"};
  }

  Status Elsewhere(const ports::Received& place) const {
    return Unavailable(
        "the repository \"" + ask_.name + "\" lies on the machine " + place.host +
        (place.address.empty() ? "" : ": use " + place.address + "/git/" + ask_.name + ".git"));
  }

  Status Serve(const ports::Received& place, RawStream& stream) {
    ports::Call call = call_;
    call.deadline = context_.parts.clock.Monotonic() + context_.settings.receive.time_limit;
    OpenedLate exchange(stream, GitContentType(ask_.serving));
    ports::GitServing serving = ask_.serving;
    const bool changes = push() && !serving.advertise;
    if (changes) serving.may = [&] { return StillAdmitted(place); };
    const auto served = received().Serve(call, ask_.name, serving, exchange);
    const Status outcome = served.ok() ? served->refused : served.status();
    told_.code = served.ok() && served->moved ? Code::kOk : outcome.code();
    told_.reason = outcome.reason();
    if (changes) Tell(place);
    if (served.ok() && !exchange.opened())
      stream.Open(503, {});  // the answer was lost, too late to stop the refs
    if (!served.ok() && exchange.opened()) {
      log::Info("a Git client was cut off",
                {{"repository", ask_.name}, {"why", outcome.ToString()}});
      cut_ = outcome;
      return {};
    }
    return served.status();
  }

  // Whatever came of it: what is new is built at once. Should the hint be lost, the relist comes to
  // it.
  void Tell(const ports::Received& place) const {
    const Status sent =
        context_.store().hints.Send({ports::Hint::Kind::kRepository, place.repository.str()});
    if (!sent.ok()) log::Info("a push is looked at a little later", {{"why", sent.ToString()}});
  }

  const Context& context_;
  const ports::Call& call_;
  const RawRequest& request_;
  model::AuditEvent& told_;
  GitAsk ask_;
  std::optional<std::string> whole_;  // the repository whose token a host shows
  Claim claim_;                       // of anybody else
  bool made_ = false;                 // the repository
  Status cut_;
};

}  // namespace

RawEntry GitEntry(const ReceiveSettings& settings) {
  // More than a push may have: Git itself tells the client that it is too large.
  const auto most = static_cast<int64_t>(settings.push_limit) * 4 + kOverhead;
  return {.path = "/git/", .get = true, .post = true, .max_body = most, .stream = true};
}

Result<std::optional<RawAnswer>> AnswerGit(const Context& context, const ports::Call& call,
                                           const RawRequest& request, RawStream& stream,
                                           std::optional<model::AuditEvent>& told) {
  if (IsLfs(request.path)) {
    told.reset();
    return std::optional(NoLfs());
  }
  GitRequest asked(context, call, request, *told);
  const Status answered = asked.Answer(stream);
  if (!answered.ok()) {
    told->code = answered.code();
    told->reason = answered.reason();
  }
  if (!asked.Telling(answered)) told.reset();
  NS_TRY(asked.cut());
  if (answered.ok()) return std::optional<RawAnswer>();
  if (answered.code() == Code::kInternal)
    log::Error("a Git client could not be served", {{"why", answered.ToString()}});
  return std::optional(Refusal(answered));
}

std::optional<std::string> FetchedByHost(const Settings& settings, const Peer& peer, Time now) {
  const auto basic = BasicOf(peer);
  auto name = basic ? model::FetchedFor(basic->user) : std::nullopt;
  if (name && !model::IsFetchToken(settings.plan_key, *name, basic->password, now)) name.reset();
  return name;
}

Result<model::Repository> MakeReceived(const Context& context, const model::User& user,
                                       const std::string& name) {
  const ReceiveSettings& settings = context.settings.receive;
  model::Repository made;
  made.id = RepositoryId::New(context.parts.random);
  made.name = name;
  made.url = model::ReceivedUrl(name);
  made.owners = {user.id};
  const Status stored = context.store().received.Insert(
      made, {name, made.id, settings.host, settings.address, false}, user.id);
  if (stored.code() == Code::kExists)
    return Status(Code::kExists, "NameTaken", "the name \"" + name + "\" is taken: choose another");
  NS_TRY(stored);
  NS_TRY(context.parts.received->Remove(name));  // what one of that name may have left
  NS_TRY(context.parts.received->Create(name));
  return made;
}

}  // namespace ns::api
