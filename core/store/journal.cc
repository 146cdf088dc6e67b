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

Result<ConditionsById> ReadConditionsOf(Connection& connection, model::Subject subject,
                                        const std::vector<std::string>& ids) {
  NS_ASSIGN(const Rows rows,
            connection.Run("SELECT subject_id, kind, ok, reason, message, since, last_looked, "
                           "next_look FROM conditions WHERE subject = $1 AND subject_id = "
                           "ANY($2::text[]) ORDER BY kind COLLATE \"C\"",
                           Params::Of(subject, ids)));
  ConditionsById out;
  for (int i = 0; i < rows.size(); ++i) {
    Row row = rows[i];
    std::string id;
    model::Condition one;
    row >> id >> one.type >> one.ok >> one.reason >> one.message >> one.since >> one.last_looked >>
        one.next_look;
    NS_TRY(row.status());
    out[id].push_back(std::move(one));
  }
  return out;
}

Result<std::vector<model::Condition>> ReadConditions(Connection& connection, model::Subject subject,
                                                     const std::string& id) {
  NS_ASSIGN(auto found, ReadConditionsOf(connection, subject, {id}));
  return std::move(found[id]);
}

// One statement: the locks are taken, in one order, before a number is drawn.
Status PutEvents(Connection& connection, const std::vector<model::Event>& events) {
  if (events.empty()) return {};
  std::vector<std::string> ids, actors, kinds, reasons, messages, data;
  std::vector<int64_t> subjects;
  for (const model::Event& event : events) {
    subjects.push_back(static_cast<int64_t>(event.subject));
    ids.push_back(event.subject_id);
    actors.push_back(event.actor);
    kinds.push_back(event.kind);
    reasons.push_back(event.reason);
    messages.push_back(event.message);
    data.push_back(event.data);
  }
  return connection.Do(
      "WITH locked AS MATERIALIZED (SELECT count(pg_advisory_xact_lock(5478004, hash)) AS taken "
      "FROM (SELECT DISTINCT hashtext(id) AS hash FROM unnest($2::text[]) AS id ORDER BY 1) AS ids)"
      " INSERT INTO events (subject, subject_id, application_id, actor, kind, reason, message, "
      "data, xact)"
      " SELECT subject, given.id, CASE subject WHEN 0 THEN given.id WHEN 2 THEN "
      "coalesce(application_id, '') ELSE '' END, actor, kind, reason, message, data, "
      "pg_current_xact_id()::text::bigint"
      " FROM locked CROSS JOIN unnest($1::bigint[], $2::text[], $3::text[], $4::text[], "
      "$5::text[], $6::text[], $7::text[]) WITH ORDINALITY AS given (subject, id, actor, kind, "
      "reason, message, data, place) LEFT JOIN builds ON subject = 2 AND builds.id = given.id"
      " WHERE taken > 0 ORDER BY place",
      Params::Of(subjects, ids, actors, kinds, reasons, messages, data));
}

Status ActAs(Connection& connection, const UserId& actor) {
  if (actor.empty()) return {};
  return connection.Do("SELECT set_config('ns.actor', $1, true)", Params::Of(actor));
}

model::Event AppEvent(const AppId& app, const UserId& actor, std::string kind) {
  model::Event event;
  event.subject = model::Subject::kApplication;
  event.subject_id = app.str();
  event.actor = actor.empty() ? "platform" : actor.str();
  event.kind = std::move(kind);
  return event;
}

}  // namespace ns::store
