// What happened, told as the triggers of migrate/schema.sql tell it.
#include <algorithm>

#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {
namespace {

using model::Subject;

const char* Word(model::DesiredState state) {
  switch (state) {
    case model::DesiredState::kRunning:
      return "Running";
    case model::DesiredState::kAsleep:
      return "Asleep";
    case model::DesiredState::kStopped:
      break;
  }
  return "Stopped";
}

std::string Changed(const model::Target& before, const model::Target& after) {
  std::string changed;
  const auto add = [&](const char* what) {
    changed += std::string(changed.empty() ? "" : ",") + "\"" + what + "\"";
  };
  if (before.state != after.state) add("state");
  if (before.release != after.release)
    add("release");
  else if (before.run_key != after.run_key)
    add("settings");
  if (before.route_key != after.route_key) add("routes");
  return "{\"generation\":" + std::to_string(after.generation) + ",\"changed\":[" + changed + "]}";
}

// Collects the events of one row.
class Teller {
 public:
  Teller(FakeState& rows, Subject subject, std::string id, UserId actor, Time now)
      : rows_(rows), subject_(subject), id_(std::move(id)), actor_(std::move(actor)), now_(now) {}
  void Say(const char* kind, std::string reason = "", std::string message = "",
           std::string data = "{}") {
    model::Event event = EventOf(rows_, subject_, id_, actor_, kind);
    event.reason = std::move(reason);
    event.message = std::move(message);
    event.data = std::move(data);
    AppendEvent(rows_, std::move(event), now_);
  }

 private:
  FakeState& rows_;
  const Subject subject_;
  const std::string id_;
  const UserId actor_;
  const Time now_;
};

void TellStatus(Teller& teller, const model::Build& build) {
  const std::string attempt = "{\"attempt\":" + std::to_string(build.attempt) + "}";
  const std::string &reason = build.outcome.reason(), &message = build.outcome.message();
  switch (build.status) {
    case model::BuildStatus::kQueued:
      return teller.Say("build.retried", reason, message, attempt);
    case model::BuildStatus::kBuilding:
      return teller.Say("build.started", "", "", attempt);
    case model::BuildStatus::kSucceeded:
      return teller.Say("build.settled", "BuildSucceeded", "", attempt);
    case model::BuildStatus::kFailed:
      return teller.Say("build.settled", reason, message, attempt);
    case model::BuildStatus::kCancelled:
      return teller.Say("build.cancelled", reason, message, attempt);
    case model::BuildStatus::kSkipped:
      return teller.Say("build.superseded", reason, message, attempt);
  }
}

}  // namespace

std::string IdList(std::vector<UserId> ids) {
  std::ranges::sort(ids);
  std::string out;
  for (const UserId& id : ids) out += (out.empty() ? "\"" : ",\"") + id.str() + "\"";
  return "[" + out + "]";
}

model::Event EventOf(const FakeState& rows, Subject subject, const std::string& id,
                     const UserId& actor, std::string kind) {
  model::Event event;
  event.subject = subject;
  event.subject_id = id;
  event.actor = actor.empty() ? "platform" : actor.str();
  event.kind = std::move(kind);
  if (subject == Subject::kApplication) event.app = AppId(id);
  if (const auto build = rows.builds.find(BuildId(id));
      subject == Subject::kBuild && build != rows.builds.end())
    event.app = build->second.build.app;
  return event;
}

void TellApp(FakeState& rows, const FakeApp* before, const FakeApp& after, const UserId& actor,
             Time now) {
  Teller teller(rows, Subject::kApplication, after.app.id.str(), actor, now);
  if (before == nullptr) return teller.Say("app.created", "", after.app.name);
  const model::Application &was = before->app, &is = after.app;
  if (before->holder != after.holder)
    teller.Say("holder.changed", "", "", "{\"holder\":\"" + after.holder.str() + "\"}");
  if (was.commit != is.commit)
    teller.Say("commit.seen", "", is.ref, "{\"commit\":\"" + is.commit + "\"}");
  if (was.desired != is.desired)
    teller.Say("app.desired", Word(is.desired));
  else if (was.restart_nonce != is.restart_nonce)
    teller.Say("app.restarted");
  if (was.pinned != is.pinned)
    teller.Say(is.pinned.empty() ? "app.unpinned" : "app.pinned", "", "",
               "{\"release\":\"" + is.pinned.str() + "\"}");
  if (is.deleted && !was.deleted)
    teller.Say(
        "app.deleted", "", "",
        "{\"repository\":\"" + is.repository.str() + "\",\"owners\":" + IdList(is.owners) + "}");
  if (after.removed && !before->removed) teller.Say("app.removed");
  if (was.target.generation != is.target.generation)
    teller.Say("target.set", Word(is.target.state), "", Changed(was.target, is.target));
}

void TellBuild(FakeState& rows, const model::Build* before, const model::Build& after,
               const UserId& actor, Time now) {
  Teller teller(rows, Subject::kBuild, after.id.str(), actor, now);
  if (before == nullptr) return teller.Say("build.queued", "", after.commit);
  if (before->status != after.status) return TellStatus(teller, after);
  if (after.cancel_requested && !before->cancel_requested)
    return teller.Say("build.cancel_asked", after.outcome.reason());
  if (after.retriable && !before->retriable) return teller.Say("build.retry_asked");
  if (after.image_state != before->image_state)
    teller.Say(after.image_state == model::ImageState::kCondemned ? "image.condemned"
                                                                  : "image.gone");
}

void TellHolder(FakeState& rows, const RepositoryId& id, const HostId& holder, Time now) {
  Teller(rows, Subject::kRepository, id.str(), kPlatform, now)
      .Say("holder.changed", "", "", "{\"holder\":\"" + holder.str() + "\"}");
}

void StoreConditions(FakeState& rows, const SubjectKey& key,
                     const std::vector<model::Condition>& conditions, Time now) {
  auto& stored = rows.conditions[key];
  std::map<std::string, model::Condition> by_type;
  for (const model::Condition& condition : conditions) by_type[condition.type] = condition;
  Teller teller(rows, key.first, key.second, kPlatform, now);
  for (auto& [type, next] : by_type) {
    const auto before = stored.find(next.type);
    const bool same = before != stored.end() && before->second.ok == next.ok &&
                      before->second.reason == next.reason;
    if (!same)
      teller.Say("condition.changed", next.reason, next.message,
                 "{\"type\":\"" + type + "\",\"ok\":" + (next.ok ? "true" : "false") + "}");
    next.since = same ? before->second.since : now;
    next.last_looked = now;
    next.next_look = next.next_in > Duration::zero()
                         ? now + std::chrono::ceil<std::chrono::microseconds>(next.next_in)
                         : kNever;
    next.next_in = {};
    stored[next.type] = next;
  }
}

void AppendEvent(FakeState& rows, model::Event event, Time now) {
  event.cursor = ++rows.last_number;
  event.at = now;
  rows.events.push_back(std::move(event));
}

}  // namespace ns::ports::testing
