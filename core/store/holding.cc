#include "store/holding.h"

#include "model/snapshot.h"
#include "store/sub_stores.h"

namespace ns::store {

// A scalar subquery, and no EXISTS. *Rationale:* PostgreSQL makes an anti-join of NOT EXISTS, and
// an UPDATE that had to wait for another's looks at the row again, but at what it was joined with
// only as it was before: of two hosts that took one row at once, both would have it. A scalar
// subquery is evaluated anew for the row as it is now.
std::string AliveSql(const std::string& host) {
  return "coalesce((SELECT lease_expires > now() FROM hosts WHERE hosts.id = " + host + "), false)";
}

std::string HeldSql(const std::string& parameter) {
  return "(" + parameter + "::text = '' OR (holder = " + parameter + "::text AND " +
         AliveSql(parameter + "::text") + "))";
}

Status HeldElsewhere() {
  return Status(Code::kStale, model::kHeldElsewhere, "this host does not hold it, or no longer");
}

Status CheckHeld(Connection& connection, const std::string& table, const std::string& id,
                 const HostId& holder, RowLock lock) {
  NS_ASSIGN(const Rows rows,
            connection.Run("SELECT " + HeldSql("$2") + " FROM " + table + " WHERE id = $1" +
                               (lock == RowLock::kWrite ? " FOR NO KEY UPDATE" : ""),
                           Params::Of(id, holder)));
  if (rows.empty()) return NoSuch(table == "repositories" ? "repository" : "application", id);
  bool held = false;
  Row row = rows[0];
  row >> held;
  NS_TRY(row.status());
  return held ? Status() : HeldElsewhere();
}

Status TakeFree(Pool& pool, const std::string& table, const std::string& condition,
                const Params& params) {
  return pool
      .Run("UPDATE " + table + " SET holder = $2 WHERE id = $1 AND holder <> $2 AND " +
               AliveSql("$2") + " AND NOT " + AliveSql("holder") + " AND " + condition,
           params)
      .status();
}

}  // namespace ns::store
