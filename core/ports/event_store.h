// What happened, and how things stand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/status.h"
#include "model/condition.h"
#include "ports/behalf.h"

namespace ns::ports {

// Events of which all that is given is so.
struct EventScope {
  std::optional<std::vector<AppId>> among{};  // they are about one of these, or a build of it
  static EventScope Of(const AppId& app) { return {std::vector{app}}; }
};

struct EventPage {
  std::vector<model::Event> events;
  std::string next;                   // the place behind them
  std::vector<std::string> places{};  // behind each of them
};

// What happened is told by the store itself, in the transaction in which it did: docs/events.md
// lists the kinds. What changes nothing tells nothing. [any-thread]
class EventStore {
 public:
  virtual ~EventStore() = default;
  // Something that no row shows.
  virtual Status Append(const model::Event& event) = 0;
  // Of one subject, after `cursor`, oldest first.
  virtual Result<std::vector<model::Event>> List(model::Subject subject, const std::string& id,
                                                 int64_t cursor, int limit) = 0;
  // Behind `place` (empty: from the first), oldest first. Who goes on from `next` sees every event
  // once, whatever order transactions end in; the newest may take until all that began before them
  // have ended. kInvalid: no place.
  virtual Result<EventPage> After(const EventScope& scope, const std::string& place, int limit) = 0;
  // Whether everything that came behind `place` is still known: false where the event that it
  // stands behind is gone, since those that followed may be too, and of the empty one. kInvalid: no
  // place.
  virtual Result<bool> Reaches(const std::string& place) = 0;
  // The newest of those, oldest first.
  virtual Result<EventPage> Newest(const EventScope& scope, int limit) = 0;
  // Upserts by type. `since` is kept where `ok` and `reason` are unchanged; `last_looked` becomes
  // now. kNotFound: no such subject.
  virtual Status SetConditions(model::Subject subject, const std::string& id,
                               const std::vector<model::Condition>& conditions,
                               const HostId& holder = kNobody) = 0;
  // Says of many that they were looked at and are as they were: `last_looked` and `next_look` of
  // their conditions of `types`, where `holder` holds them and the first of these is ok. The ids of
  // which that was said; one that is being written just now may be left out.
  virtual Result<std::vector<std::string>> Touch(model::Subject subject,
                                                 const std::vector<std::string>& ids,
                                                 const std::vector<std::string>& types,
                                                 Duration next_in,
                                                 const HostId& holder = kNobody) = 0;
  virtual Result<std::vector<model::Condition>> Conditions(model::Subject subject,
                                                           const std::string& id) = 0;
};

}  // namespace ns::ports
