#include <charconv>

#include "store/holding.h"
#include "store/journal.h"
#include "store/sub_stores.h"

namespace ns::store {
namespace {

const char* TableOf(model::Subject subject) {
  switch (subject) {
    case model::Subject::kApplication:
      return "applications";
    case model::Subject::kRepository:
      return "repositories";
    case model::Subject::kBuild:
      return "builds";
    case model::Subject::kInstallation:
      return "(SELECT ''::text AS id WHERE false) AS nothing";
  }
  return "applications";
}

constexpr char kEventColumns[] =
    "number, happened_at, subject, subject_id, application_id, actor, kind, reason, message, data";
// Every transaction that is older has ended, so that nothing can come before these any more. Only
// transactions that write have numbers: a backup holds nobody up.
constexpr char kDone[] = "xact < pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
constexpr char kNextXact[] = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint";

std::vector<AppId> IdsOf(const ports::EventScope& scope) {
  return scope.among.value_or(std::vector<AppId>());
}

// Those of `scope`, whose applications are $1, that fit `where`, in `order`, $2 of them. Of each
// application at most as many are looked at, by the index of its events.
std::string InScope(const ports::EventScope& scope, const std::string& where,
                    const std::string& order) {
  const std::string some = " AND " + where + " ORDER BY " + order + " LIMIT $2::integer";
  const std::string of_all = std::string("SELECT ") + kEventColumns + ", xact FROM events WHERE ";
  if (!scope.among) return of_all + "cardinality($1::text[]) = 0" + some;
  return "SELECT of_one.* FROM (SELECT DISTINCT unnest($1::text[]) AS id) AS given CROSS JOIN "
         "LATERAL (" +
         of_all + "application_id = given.id" + some + ") AS of_one ORDER BY " + order +
         " LIMIT $2::integer";
}

void ReadEvent(Row& row, model::Event& out) {
  row >> out.cursor >> out.at >> out.subject >> out.subject_id >> out.app >> out.actor >>
      out.kind >> out.reason >> out.message >> out.data;
}

// "transaction.number"; empty: before the first.
struct Place {
  int64_t xact = -1, number = -1;
};

Result<Place> ParsePlace(const std::string& text) {
  Place place;
  if (text.empty()) return place;
  const char* const end = text.data() + text.size();
  const auto xact = std::from_chars(text.data(), end, place.xact);
  const bool dot = xact.ec == std::errc() && xact.ptr != end && *xact.ptr == '.';
  const auto number = std::from_chars(dot ? xact.ptr + 1 : end, end, place.number);
  if (!dot || number.ec != std::errc() || number.ptr != end)
    return Status(Code::kInvalid, "\"" + text + "\" is no place among events");
  return place;
}

// `otherwise`: the place where there are none.
Result<ports::EventPage> PageOf(const Rows& rows, const std::string& otherwise) {
  ports::EventPage page;
  page.next = otherwise;
  NS_ASSIGN(page.events, ReadAll<model::Event>(rows, [&](Row& row, model::Event& out) {
              int64_t xact = 0;
              ReadEvent(row, out);
              row >> xact;
              page.next = std::to_string(xact) + "." + std::to_string(out.cursor);
              page.places.push_back(page.next);
            }));
  return page;
}

// SQL: " AND ..." that the host $5 holds the subject, where there is such a thing as holding it.
std::string OnlyHeld(model::Subject subject) {
  if (subject != model::Subject::kApplication && subject != model::Subject::kRepository)
    return " AND $5::text IS NOT NULL";
  return std::string(" AND EXISTS (SELECT 1 FROM ") + TableOf(subject) +
         " WHERE id = conditions.subject_id AND " + HeldSql("$5") + ")";
}

class PgEvents final : public ports::EventStore {
 public:
  explicit PgEvents(Pool& pool) : pool_(pool) {}

  Status Append(const model::Event& event) override {
    return pool_.Write([&](Connection& connection) { return PutEvents(connection, {event}); });
  }

  Result<std::vector<model::Event>> List(model::Subject subject, const std::string& id,
                                         int64_t cursor, int limit) override {
    NS_ASSIGN(const Rows rows, pool_.Run(std::string("SELECT ") + kEventColumns +
                                             " FROM events WHERE subject = $1 AND subject_id = $2 "
                                             "AND number > $3 ORDER BY number LIMIT $4",
                                         Params::Of(subject, id, cursor, limit)));
    return ReadAll<model::Event>(rows, ReadEvent);
  }

  // A place that is ahead of this database's transactions is of another cluster, whose events it
  // was restored with: Check() has put those first, in the order of their numbers.
  Result<ports::EventPage> After(const ports::EventScope& scope, const std::string& place,
                                 int limit) override {
    NS_ASSIGN(const Place from, ParsePlace(place));
    const std::string behind = std::string(kDone) +
                               " AND (xact, number) > (CASE WHEN $3::bigint >= " + kNextXact +
                               " THEN 0 ELSE $3::bigint END, $4::bigint)";
    NS_ASSIGN(const Rows rows, pool_.Run(InScope(scope, behind, "xact, number"),
                                         Params::Of(IdsOf(scope), limit, from.xact, from.number)));
    return PageOf(rows, place);
  }

  // By its number alone: a restore into another cluster has changed transactions.
  Result<bool> Reaches(const std::string& place) override {
    NS_ASSIGN(const Place from, ParsePlace(place));
    NS_ASSIGN(const Rows rows,
              pool_.Run("SELECT EXISTS (SELECT 1 FROM events WHERE number = $1::bigint)",
                        Params::Of(from.number)));
    bool reaches = false;
    Row row = rows[0];
    row >> reaches;
    NS_TRY(row.status());
    return reaches;
  }

  Result<ports::EventPage> Newest(const ports::EventScope& scope, int limit) override {
    NS_ASSIGN(const Rows rows,
              pool_.Run("SELECT * FROM (" + InScope(scope, kDone, "xact DESC, number DESC") +
                            ") AS newest ORDER BY xact, number",
                        Params::Of(IdsOf(scope), limit)));
    return PageOf(rows, "");
  }

  Status SetConditions(model::Subject subject, const std::string& id,
                       const std::vector<model::Condition>& conditions,
                       const HostId& holder) override {
    return pool_.Write([&](Connection& connection) -> Status {
      if (!holder.empty() && subject != model::Subject::kBuild)
        NS_TRY(CheckHeld(connection, TableOf(subject), id, holder, RowLock::kWrite));
      NS_ASSIGN(const Rows rows, connection.Run(std::string("SELECT 1 FROM ") + TableOf(subject) +
                                                    " WHERE id = $1 FOR KEY SHARE",
                                                Params::Of(id)));
      if (rows.empty()) return NotFound("there is nothing with the id \"" + id + "\"");
      return PutConditions(connection, subject, id, conditions);
    });
  }

  // Rows that somebody else is writing are passed over, so that this never waits and cannot be in
  // anybody's way: what is being written is no older than this.
  Result<std::vector<std::string>> Touch(model::Subject subject,
                                         const std::vector<std::string>& ids,
                                         const std::vector<std::string>& types, Duration next_in,
                                         const HostId& holder) override {
    const std::string of = "subject = $1::smallint AND subject_id = ";
    NS_ASSIGN(
        const Rows rows,
        pool_.Run(
            "WITH told AS MATERIALIZED (SELECT subject_id, kind FROM conditions WHERE " + of +
                "ANY($2::text[]) AND kind = ANY($3::text[]) AND EXISTS (SELECT 1 FROM "
                "conditions AS first WHERE first.subject = $1::smallint AND first.subject_id "
                "= conditions.subject_id AND first.kind = ($3::text[])[1] AND first.ok)" +
                OnlyHeld(subject) +
                " FOR NO KEY UPDATE OF conditions SKIP LOCKED)"
                " UPDATE conditions SET last_looked = now(), next_look = CASE WHEN "
                "$4::bigint > 0 THEN now() + $4::bigint * interval '1 microsecond' END"
                " FROM told WHERE " +
                "conditions.subject = $1::smallint AND conditions.subject_id = "
                "told.subject_id AND conditions.kind = told.kind RETURNING CASE WHEN "
                "told.kind = ($3::text[])[1] THEN told.subject_id ELSE '' END",
            Params::Of(subject, ids, types,
                       std::chrono::ceil<std::chrono::microseconds>(next_in).count(), holder)));
    NS_ASSIGN(auto told, ReadAll<std::string>(rows, [](Row& row, auto& id) { row >> id; }));
    std::erase(told, "");
    return told;
  }

  Result<std::vector<model::Condition>> Conditions(model::Subject subject,
                                                   const std::string& id) override {
    return pool_.Read(
        [&](Connection& connection) { return ReadConditions(connection, subject, id); });
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<ports::EventStore> NewPgEvents(Pool& pool) {
  return std::make_unique<PgEvents>(pool);
}

}  // namespace ns::store
