// What changes, for those who watch.
#include <algorithm>
#include <charconv>
#include <deque>
#include <set>

#include "api/app_status.h"
#include "api/convert_platform.h"
#include "api/event_feed.h"
#include "api/event_view.h"
#include "api/looks.h"
#include "api/problem.h"
#include "api/resume_token.h"
#include "neoshowcase/platform/v1/watch.pb.h"

namespace ns::api {
namespace {

using platform::WatchRequest;
using platform::WatchResponse;

constexpr int kMostApps = 1000;
constexpr size_t kAtOnce = 64;      // events
constexpr int kInitialAtOnce = 16;  // applications
constexpr int kEmptySlices = 16;    // of events that do not concern, before others have their turn
constexpr Duration kHeartbeat = std::chrono::seconds(25);
constexpr Duration kSoon = std::chrono::milliseconds(1);

Status TooOld(const char* why) {
  return {Code::kPrecondition, "ResumeTokenTooOld",
          std::string("resume_token: ") + why + "; begin anew without one"};
}

Status Check(const WatchRequest& in, const ResumeTokens& tokens) {
  model::Violations violations;
  if (!in.repository_id().empty() && !IsId(in.repository_id())) {
    violations.push_back({"repository_id", "must be the id of a repository, got " +
                                               model::Quoted(in.repository_id())});
  }
  if (in.application_ids_size() > kMostApps) {
    violations.push_back({"application_ids", "must be at most " + std::to_string(kMostApps) +
                                                 ", got " +
                                                 std::to_string(in.application_ids_size())});
    return CheckNone(violations);
  }
  for (int i = 0; i < in.application_ids_size(); ++i) {
    if (IsId(in.application_ids(i))) continue;
    violations.push_back(
        {"application_ids[" + std::to_string(i) + "]",
         "must be the id of an application, got " + model::Quoted(in.application_ids(i))});
  }
  if (!in.resume_token().empty() && !tokens.Read(in.resume_token())) {
    violations.push_back({"resume_token", "must be that of an earlier message, got " +
                                              model::Quoted(in.resume_token())});
  }
  return CheckNone(violations);
}

// What of it somebody wants to see, and may.
struct View {
  model::User user;
  std::optional<model::Token> token;  // that they came with
  bool mine = false, builds = false;
  RepositoryId repository;
  std::set<std::string> apps;  // empty: any

  bool Named(const AppId& app) const {
    return (!token || token->Covers(app)) && (apps.empty() || apps.contains(app.str()));
  }
  bool Shows(const std::vector<UserId>& owners, const RepositoryId& of) const {
    return (!mine || std::ranges::find(owners, user.id) != owners.end()) && From(of);
  }
  bool From(const RepositoryId& of) const { return repository.empty() || repository == of; }
  // A repository itself, for those who own it; a token that is limited to applications sees none.
  bool ShowsRepository(const std::vector<UserId>& owners, const RepositoryId& id) const {
    const bool limited = token && token->limited;
    return !limited && apps.empty() && Shows(owners, id) && Owns(user, owners);
  }
};

View ViewOf(const Request& request, const WatchRequest& in) {
  return {request.user,
          request.token,
          in.mine(),
          in.builds(),
          RepositoryId(in.repository_id()),
          {in.application_ids().begin(), in.application_ids().end()}};
}

// Whether the data of an event tell that id.
bool Tells(const model::Event& event, const std::string& id) {
  return event.data.find("\"" + id + "\"") != std::string::npos;
}

// Which history of the database began with it.
int64_t EpochOf(const model::Event& raised) {
  constexpr std::string_view kName = "\"epoch\":";
  const size_t at = raised.data.find(kName);
  int64_t epoch = 0;
  if (at != std::string::npos)
    std::from_chars(raised.data.data() + at + kName.size(), raised.data.data() + raised.data.size(),
                    epoch);
  return epoch;
}

// Whether an application that was deleted by this event was in the view.
bool WasShown(const View& view, const model::Event& deleted) {
  return (!view.mine || Tells(deleted, view.user.id.str())) &&
         (view.repository.empty() || Tells(deleted, view.repository.str()));
}

class WatchStream final : public Stream {
 public:
  WatchStream(const Context& context, View view, ResumeTokens tokens, int64_t epoch,
              std::string place, bool resumes, std::deque<AppId> initial)
      : context_(context),
        view_(std::move(view)),
        tokens_(std::move(tokens)),
        epoch_(epoch),
        cursor_{place, 0},
        passed_(place),
        resumed_(resumes ? std::move(place) : ""),
        initial_(std::move(initial)),
        seat_(context.feed),
        told_(context.parts.clock.Monotonic()),
        synced_(resumes) {}

  Result<Piece> Next(const ports::Call&) override {
    Piece piece;
    more_ = false;
    NS_TRY(synced_ ? Live(piece) : Initial(piece));
    const Duration now = context_.parts.clock.Monotonic();
    if (piece.messages.empty() && now - told_ >= kHeartbeat) {
      WatchResponse beat;
      *beat.mutable_heartbeat()->mutable_now() = ToProto(context_.parts.clock.Now());
      Put(piece, beat, cursor_.place);
    }
    if (!piece.messages.empty()) told_ = now;
    return piece;
  }
  std::string awaits() const override { return kWatchers; }
  Duration interval() const override {
    if (more_) return kSoon;
    return std::max(kSoon, kHeartbeat - (context_.parts.clock.Monotonic() - told_));
  }

 private:
  void Put(Piece& piece, WatchResponse& message, const std::string& place) {
    message.set_resume_token(tokens_.Write({epoch_, place}));
    piece.messages.push_back(message.SerializeAsString());
  }

  Status Initial(Piece& piece) {
    for (int i = 0; i < kInitialAtOnce && !initial_.empty(); ++i) {
      NS_ASSIGN(const auto look, context_.looks.App(context_, initial_.front(), begun_));
      initial_.pop_front();
      if (!look->there || !view_.Shows(look->owners, look->repository)) continue;
      WatchResponse out;
      Show(*look, *out.mutable_application());
      out.mutable_application()->set_initial(true);
      piece.messages.push_back(out.SerializeAsString());
    }
    more_ = true;
    if (!initial_.empty()) return Status();
    synced_ = true;
    WatchResponse out;
    out.mutable_synced();
    Put(piece, out, cursor_.place);
    return Status();
  }

  Status Live(Piece& piece) {
    for (int i = 0; i < kEmptySlices && piece.messages.empty(); ++i) {
      NS_ASSIGN(const auto slice, context_.feed.After(cursor_, kAtOnce));
      NS_TRY(CheckReached());
      for (const auto& told : slice) {
        NS_TRY(Take(piece, *told));
        passed_ = told->place;
      }
      Flush(piece);
      more_ = slice.size() == kAtOnce;
      if (!more_) break;
    }
    return Status();
  }

  // Once, behind the first read, so that what is cleaned up meanwhile is noticed.
  Status CheckReached() {
    if (resumed_.empty()) return Status();
    NS_ASSIGN(const bool reached, context_.store().events.Reaches(resumed_));
    if (!reached) return TooOld("what happened since is not known any more");
    resumed_.clear();
    return Status();
  }

  Status Take(Piece& piece, const EventFeed::Told& told) {
    const model::Event& event = told.event;
    if (event.kind == "epoch.raised" && EpochOf(event) > epoch_)
      return TooOld("the database has begun another history");
    if (event.subject == model::Subject::kRepository) return TakeRepository(piece, told);
    if (event.app.empty() || !view_.Named(event.app)) return Status();
    if (event.kind == "app.deleted") {
      if (WasShown(view_, event)) Remove(piece, told);
      return Status();
    }
    NS_ASSIGN(const auto look, context_.looks.App(context_, event.app, told.seen));
    if (!look->there) return Status();
    if (view_.Shows(look->owners, look->repository)) return Add(piece, told, *look);
    const bool left = event.kind == "app.updated" && Tells(event, view_.user.id.str());
    if (view_.mine && left && (view_.repository.empty() || view_.repository == look->repository))
      Remove(piece, told);
    return Status();
  }

  Status TakeRepository(Piece& piece, const EventFeed::Told& told) {
    const RepositoryId id(told.event.subject_id);
    if (!view_.From(id)) return Status();
    NS_ASSIGN(const auto look, context_.looks.Repository(context_, id, told.seen));
    if (!look->there) return Status();
    if (told.event.kind == "condition.changed") NS_TRY(ShowFollowers(piece, *look, told.seen));
    if (!view_.ShowsRepository(look->owners, id)) return Status();
    Flush(piece);
    WatchResponse out;
    auto& change = *out.mutable_repository();
    change.set_repository_id(id.str());
    change.set_name(look->name);
    *change.add_events() = ToProto(told.event, context_.looks.NameOf(context_, told.event.actor));
    *change.mutable_status() = look->status;
    Put(piece, out, told.place);
    return Status();
  }

  // What is wrong with a repository is wrong with its applications. They come with the place before
  // the event of the repository: who is cut off among them is told again.
  Status ShowFollowers(Piece& piece, const RepositoryLook& of, uint64_t seen) {
    Flush(piece);
    for (const AppId& app : of.apps) {
      if (!view_.Named(app)) continue;
      NS_ASSIGN(const auto look, context_.looks.App(context_, app, seen));
      if (!look->there || !view_.Shows(look->owners, look->repository)) continue;
      WatchResponse out;
      Show(*look, *out.mutable_application());
      Put(piece, out, passed_);
    }
    return Status();
  }

  // One message for events that follow one another and are about the same.
  Status Add(Piece& piece, const EventFeed::Told& told, const AppLook& look) {
    const model::Event& event = told.event;
    const std::string build =
        event.subject == model::Subject::kBuild ? event.subject_id : std::string();
    if (pending_ && (pending_app_ != event.app || pending_build_ != build)) Flush(piece);
    if (!pending_) pending_.emplace();
    pending_app_ = event.app;
    pending_build_ = build;
    pending_place_ = told.place;
    auto& change = *pending_->mutable_application();
    const bool owner = Show(look, change);
    if (owner) *change.add_events() = ToProto(event, context_.looks.NameOf(context_, event.actor));
    if (!view_.builds || build.empty()) return Status();
    NS_ASSIGN(const auto seen, context_.looks.Build(context_, BuildId(build), told.seen));
    if (seen->there) *change.mutable_build() = owner ? seen->of_owners : seen->of_others;
    return Status();
  }

  void Remove(Piece& piece, const EventFeed::Told& told) {
    Flush(piece);
    WatchResponse out;
    out.mutable_removed()->set_application_id(told.event.app.str());
    Put(piece, out, told.place);
  }

  void Flush(Piece& piece) {
    if (!pending_) return;
    Put(piece, *pending_, pending_place_);
    pending_.reset();
  }

  // Whether the viewer owns it.
  bool Show(const AppLook& look, WatchResponse::Change& out) const {
    const bool owner = Owns(view_.user, look.owners);
    *out.mutable_application() = look.application;
    *out.mutable_status() = owner ? look.of_owners : look.of_others;
    return owner;
  }

  const Context context_;
  const View view_;
  const ResumeTokens tokens_;
  const int64_t epoch_;
  EventFeed::Cursor cursor_;
  std::string passed_;   // the place behind the last event that was taken
  std::string resumed_;  // where it was begun, until that was seen to be whole
  std::deque<AppId> initial_;
  const EventFeed::Seat seat_;
  const uint64_t begun_ = context_.feed.Moment();
  Duration told_;
  bool synced_;
  bool more_ = true;
  std::optional<WatchResponse> pending_;
  AppId pending_app_;
  std::string pending_build_, pending_place_;
};

Result<std::deque<AppId>> InitialOf(const Context& context, const View& view) {
  NS_ASSIGN(const auto apps, context.store().apps.List());
  std::deque<AppId> out;
  for (const model::Application& app : apps) {
    if (view.Named(app.id) && view.Shows(app.owners, app.repository)) out.push_back(app.id);
  }
  return out;
}

Result<std::unique_ptr<Stream>> Watch(const Context& context, const Request& request,
                                      const WatchRequest& in) {
  ResumeTokens tokens =
      SealedTokens(context, request, "watch/resume_token").value_or(ResumeTokens());
  NS_TRY(Check(in, tokens));
  View view = ViewOf(request, in);
  NS_ASSIGN(const int64_t epoch, context.store().deploys.Epoch());
  if (!in.resume_token().empty()) {
    auto point = *tokens.Read(in.resume_token());
    if (point.epoch != epoch) return TooOld("it is of another history of the database");
    const auto reached = context.store().events.Reaches(point.place);
    if (reached.status().code() == Code::kInvalid) {
      return InvalidField("resume_token", "must be that of an earlier message, got " +
                                              model::Quoted(in.resume_token()));
    }
    NS_TRY(reached.status());
    if (!*reached) return TooOld("what happened since is not known any more");
    return std::unique_ptr<Stream>(
        std::make_unique<WatchStream>(context, std::move(view), std::move(tokens), epoch,
                                      std::move(point.place), true, std::deque<AppId>()));
  }
  NS_ASSIGN(std::string place, context.feed.End());
  std::deque<AppId> initial;
  if (!in.without_initial()) {
    NS_ASSIGN(initial, InitialOf(context, view));
  }
  return std::unique_ptr<Stream>(
      std::make_unique<WatchStream>(context, std::move(view), std::move(tokens), epoch,
                                    std::move(place), false, std::move(initial)));
}

}  // namespace

void OfferWatch(MethodTable& table) {
  OfferStream<WatchResponse>(table, std::string(kWatchService) + "Watch", Watch);
}

}  // namespace ns::api
