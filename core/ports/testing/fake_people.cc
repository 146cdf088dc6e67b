#include <cctype>
#include <charconv>
#include <set>

#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {
namespace {

std::string Folded(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string CountedId(int64_t number) {
  std::string text = std::to_string(number);
  return std::string(22 - text.size(), '0') + text;
}

// Of a place; 0 of the empty one.
Result<int64_t> NumberOf(const std::string& place) {
  int64_t from = 0;
  const char* const end = place.data() + place.size();
  const auto read = std::from_chars(place.data(), end, from);
  if (!place.empty() && (read.ec != std::errc() || read.ptr != end))
    return Status(Code::kInvalid, "\"" + place + "\" is no place among events");
  return from;
}

bool In(const EventScope& scope, const model::Event& event) {
  return !scope.among || std::ranges::find(*scope.among, event.app) != scope.among->end();
}

class FakeEvents final : public EventStore {
 public:
  explicit FakeEvents(FakeRows& rows) : rows_(rows) {}

  Status Append(const model::Event& event) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Status {
      model::Event stored = event;
      stored.app = EventOf(rows, event.subject, event.subject_id, kPlatform, "").app;
      AppendEvent(rows, std::move(stored), now);
      return {};
    });
  }
  Result<std::vector<model::Event>> List(model::Subject subject, const std::string& id,
                                         int64_t cursor, int limit) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<model::Event>> {
      std::vector<model::Event> page;
      for (const model::Event& event : rows.events) {
        const bool wanted =
            event.subject == subject && event.subject_id == id && event.cursor > cursor;
        if (wanted && page.size() < static_cast<size_t>(limit)) page.push_back(event);
      }
      return page;
    });
  }
  Result<EventPage> After(const EventScope& scope, const std::string& place, int limit) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<EventPage> {
      NS_ASSIGN(const int64_t from, NumberOf(place));
      EventPage page{{}, place};
      for (const model::Event& event : rows.events) {
        if (event.cursor <= from || !In(scope, event)) continue;
        if (page.events.size() == static_cast<size_t>(limit)) break;
        page.events.push_back(event);
        page.next = std::to_string(event.cursor);
        page.places.push_back(page.next);
      }
      return page;
    });
  }
  Result<bool> Reaches(const std::string& place) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<bool> {
      NS_ASSIGN(const int64_t from, NumberOf(place));
      return std::ranges::find(rows.events, from, &model::Event::cursor) != rows.events.end();
    });
  }
  Result<EventPage> Newest(const EventScope& scope, int limit) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<EventPage> {
      EventPage page;
      for (auto event = rows.events.rbegin(); event != rows.events.rend(); ++event) {
        if (page.events.size() == static_cast<size_t>(limit)) break;
        if (In(scope, *event)) page.events.push_back(*event);
      }
      std::ranges::reverse(page.events);
      for (const model::Event& event : page.events)
        page.places.push_back(std::to_string(event.cursor));
      if (!page.places.empty()) page.next = page.places.back();
      return page;
    });
  }
  Status SetConditions(model::Subject subject, const std::string& id,
                       const std::vector<model::Condition>& conditions,
                       const HostId& holder) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Status {
      if (!Exists(rows, subject, id))
        return NotFound("there is nothing with the id \"" + id + "\"");
      NS_TRY(CheckHeld(rows, subject, id, holder, now));
      StoreConditions(rows, {subject, id}, conditions, now);
      return {};
    });
  }
  Result<std::vector<std::string>> Touch(model::Subject subject,
                                         const std::vector<std::string>& ids,
                                         const std::vector<std::string>& types, Duration next_in,
                                         const HostId& holder) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<std::vector<std::string>> {
      std::vector<std::string> told;
      for (const std::string& id : std::set<std::string>(ids.begin(), ids.end())) {
        if (types.empty() || !Exists(rows, subject, id) ||
            !CheckHeld(rows, subject, id, holder, now).ok())
          continue;
        auto& stored = rows.conditions[{subject, id}];
        const auto first = stored.find(types.front());
        if (first == stored.end() || !first->second.ok) continue;
        TouchConditions(stored, types, next_in, now);
        told.push_back(id);
      }
      return told;
    });
  }
  Result<std::vector<model::Condition>> Conditions(model::Subject subject,
                                                   const std::string& id) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<model::Condition>> {
      return ConditionsOf(rows, {subject, id});
    });
  }

 private:
  static void TouchConditions(std::map<std::string, model::Condition>& stored,
                              const std::vector<std::string>& types, Duration next_in, Time now) {
    for (auto& [type, condition] : stored) {
      if (std::ranges::find(types, type) == types.end()) continue;
      condition.last_looked = now;
      condition.next_look = next_in > Duration::zero()
                                ? now + std::chrono::ceil<std::chrono::microseconds>(next_in)
                                : kNever;
    }
  }
  static Status CheckHeld(FakeState& rows, model::Subject subject, const std::string& id,
                          const HostId& holder, Time now) {
    if (subject == model::Subject::kApplication)
      return rows.CheckHeld(rows.apps.at(AppId(id)).holder, holder, now);
    if (subject == model::Subject::kRepository)
      return rows.CheckHeld(rows.repository_holders[RepositoryId(id)], holder, now);
    return {};
  }
  static bool Exists(const FakeState& rows, model::Subject subject, const std::string& id) {
    switch (subject) {
      case model::Subject::kApplication:
        return rows.apps.contains(AppId(id));
      case model::Subject::kRepository:
        return rows.repositories.contains(RepositoryId(id));
      case model::Subject::kBuild:
        return rows.builds.contains(BuildId(id));
      case model::Subject::kInstallation:
        break;
    }
    return false;
  }

  FakeRows& rows_;
};

class FakeUsers final : public UserStore {
 public:
  explicit FakeUsers(FakeRows& rows) : rows_(rows) {}

  Result<model::User> Ensure(const std::string& name, bool admin) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<model::User> {
      for (auto& [id, user] : rows.users) {
        if (Folded(user.name) != Folded(name)) continue;
        user.admin = user.admin || admin;
        return user;
      }
      const UserId id(CountedId(++rows.last_number));
      return rows.users[id] = {id, name, admin};
    });
  }
  Result<model::User> Get(const UserId& id) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<model::User> {
      const auto found = rows.users.find(id);
      if (found == rows.users.end()) return NoSuch("user", id.str());
      return found->second;
    });
  }
  Result<std::vector<model::User>> List() override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<model::User>> {
      std::vector<model::User> all;
      for (const auto& [id, user] : rows.users) all.push_back(user);
      std::ranges::sort(all, {}, [](const model::User& user) { return Folded(user.name); });
      return all;
    });
  }
  Status SaveKey(const model::SshKey& key) override {
    return rows_.Read([&](FakeState& rows, Time) -> Status {
      if (!rows.users.contains(key.user)) return NoSuch("user", key.user.str());
      std::vector<std::pair<Time, KeyId>> others;
      for (const auto& [id, other] : rows.keys) {
        if (other.user == key.user && id != key.id) others.emplace_back(other.expires, id);
      }
      std::ranges::sort(others, [](const auto& a, const auto& b) {
        return a.first > b.first || (a.first == b.first && a.second < b.second);
      });
      for (size_t i = kGeneratedKeysKept - 1; i < others.size(); ++i)
        rows.keys.erase(others[i].second);
      rows.keys[key.id] = key;
      return {};
    });
  }
  Result<model::SshKey> Key(const KeyId& id, const UserId& user) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<model::SshKey> {
      const auto found = rows.keys.find(id);
      const bool usable =
          found != rows.keys.end() && found->second.user == user && found->second.expires > now;
      if (!usable) return NotFound("there is no such key, or it has expired: generate another");
      return found->second;
    });
  }

 private:
  FakeRows& rows_;
};

class FakeHosts final : public HostStore {
 public:
  explicit FakeHosts(FakeRows& rows) : rows_(rows) {}

  Result<std::vector<HostId>> Beat(const model::Host& host, Duration lease) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<std::vector<HostId>> {
      FakeHost& row = rows.hosts[host.id];
      row.host = host;
      row.host.last_seen = now;
      row.lease_expires = now + std::chrono::duration_cast<std::chrono::microseconds>(lease);
      std::vector<HostId> alive;
      for (const auto& [id, other] : rows.hosts) {
        if (other.lease_expires > now) alive.push_back(id);
      }
      return alive;
    });
  }
  Result<std::vector<model::Host>> List(Duration within) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<std::vector<model::Host>> {
      std::vector<model::Host> seen;
      for (const auto& [id, row] : rows.hosts) {
        if (now - row.host.last_seen <= within) seen.push_back(row.host);
      }
      return seen;
    });
  }
  Status Leave(const HostId& id) override {
    return rows_.Read([&](FakeState& rows, Time) -> Status {
      rows.hosts.erase(id);
      return {};
    });
  }

 private:
  FakeRows& rows_;
};

class FakeHints final : public Hints {
 public:
  explicit FakeHints(FakeRows& rows) : rows_(rows) {}

  Status Send(const Hint& hint) override {
    return rows_.Write([&](FakeState&, Time, HintList& hints) -> Status {
      hints.push_back(hint);
      return {};
    });
  }
  void Subscribe(std::function<void(const Hint&)> on_hint) override {
    rows_.state.With([&](FakeState& rows) { rows.subscribers.push_back(std::move(on_hint)); });
  }

 private:
  FakeRows& rows_;
};

}  // namespace

std::unique_ptr<EventStore> NewFakeEvents(FakeRows& rows) {
  return std::make_unique<FakeEvents>(rows);
}
std::unique_ptr<UserStore> NewFakeUsers(FakeRows& rows) {
  return std::make_unique<FakeUsers>(rows);
}
std::unique_ptr<HostStore> NewFakeHosts(FakeRows& rows) {
  return std::make_unique<FakeHosts>(rows);
}
std::unique_ptr<Hints> NewFakeHints(FakeRows& rows) { return std::make_unique<FakeHints>(rows); }

}  // namespace ns::ports::testing
