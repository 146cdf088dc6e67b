#include "store/journal.h"

#include <map>

namespace ns::store {

Status PutConditions(Connection& connection, model::Subject subject, const std::string& id,
                     const std::vector<model::Condition>& conditions) {
  std::map<std::string, model::Condition> by_type;
  for (const model::Condition& condition : conditions) by_type[condition.type] = condition;
  if (by_type.empty()) return {};
  std::vector<std::string> kinds, reasons, messages;
  std::vector<bool> oks;
  std::vector<int64_t> waits;  // microseconds
  for (const auto& [type, condition] : by_type) {
    kinds.push_back(type);
    oks.push_back(condition.ok);
    reasons.push_back(condition.reason);
    messages.push_back(condition.message);
    waits.push_back(std::chrono::ceil<std::chrono::microseconds>(condition.next_in).count());
  }
  return connection.Do(
      "INSERT INTO conditions AS stored (subject, subject_id, kind, ok, reason, message, "
      "next_look, since, last_looked)"
      " SELECT $1::smallint, $2::text, kind, ok, reason, message, CASE WHEN wait > 0 THEN now() + "
      "wait * interval '1 microsecond' END, now(), now()"
      " FROM unnest($3::text[], $4::boolean[], $5::text[], $6::text[], $7::bigint[]) AS given "
      "(kind, ok, reason, message, wait)"
      " ON CONFLICT (subject, subject_id, kind) DO UPDATE SET ok = excluded.ok, reason = "
      "excluded.reason, message = excluded.message,"
      " next_look = excluded.next_look, last_looked = excluded.last_looked,"
      " since = CASE WHEN stored.ok = excluded.ok AND stored.reason = excluded.reason THEN "
      "stored.since ELSE excluded.since END",
      Params::Of(subject, id, kinds, oks, reasons, messages, waits));
}

Result<std::vector<model::Condition>> ReadConditions(Connection& connection, model::Subject subject,
                                                     const std::string& id) {
  NS_ASSIGN(const Rows rows,
            connection.Run("SELECT kind, ok, reason, message, since, last_looked, next_look FROM "
                           "conditions WHERE subject = $1 AND subject_id = $2"
                           " ORDER BY kind COLLATE \"C\"",
                           Params::Of(subject, id)));
  return ReadAll<model::Condition>(rows, [](Row& row, model::Condition& out) {
    row >> out.type >> out.ok >> out.reason >> out.message >> out.since >> out.last_looked >>
        out.next_look;
  });
}

Status PutEvent(Connection& connection, const model::Event& event) {
  NS_TRY(connection.Do("SELECT pg_advisory_xact_lock(5478004, hashtext($1))",
                       Params::Of(event.subject_id)));
  return connection.Do(
      "INSERT INTO events (subject, subject_id, actor, kind, reason, message, data) VALUES ($1, "
      "$2, $3, $4, $5, $6, $7)",
      Params::Of(event.subject, event.subject_id, event.actor, event.kind, event.reason,
                 event.message, event.data));
}

}  // namespace ns::store
