#include "store/sub_stores.h"

namespace ns::store {
namespace {

Status CountApps(Connection& connection, model::Totals& totals) {
  NS_ASSIGN(const Rows rows,
            connection.Run("SELECT a.desired, coalesce(o.container, 0), count(*) FROM applications "
                           "AS a LEFT JOIN observations AS o ON o.application_id = a.id WHERE NOT "
                           "a.deleted GROUP BY 1, 2 ORDER BY 1, 2"));
  NS_ASSIGN(totals.apps, ReadAll<model::AppTotal>(rows, [](Row& row, model::AppTotal& out) {
              row >> out.desired >> out.seen >> out.count;
            }));
  return {};
}

Status CountHeld(Connection& connection, model::Totals& totals) {
  NS_ASSIGN(const Rows rows,
            connection.Run("SELECT holder, count(*) FROM applications WHERE holder "
                           "<> '' GROUP BY holder"));
  for (int i = 0; i < rows.size(); ++i) {
    HostId host;
    int64_t count = 0;
    Row row = rows[i];
    row >> host >> count;
    NS_TRY(row.status());
    totals.held[host] = count;
  }
  return {};
}

Status CountBuilds(Connection& connection, model::Totals& totals) {
  NS_ASSIGN(const Rows rows,
            connection.Run("SELECT count(*) FILTER (WHERE status = 0), count(*) FILTER (WHERE "
                           "status = 1), coalesce(extract(epoch FROM now() - min(queued_at) FILTER "
                           "(WHERE status = 0)) * 1000, 0)::bigint, (SELECT count(*) FROM "
                           "applications WHERE deleted) FROM builds WHERE status IN (0, 1)"));
  int64_t milliseconds = 0;
  Row row = rows[0];
  row >> totals.queued >> totals.building >> milliseconds >> totals.tombstones;
  totals.longest_queued = std::chrono::milliseconds(std::max<int64_t>(0, milliseconds));
  return row.status();
}

class PgTotals final : public ports::TotalsStore {
 public:
  explicit PgTotals(Pool& pool) : pool_(pool) {}

  Result<model::Totals> Count() override {
    return pool_.Read([](Connection& connection) -> Result<model::Totals> {
      model::Totals totals;
      NS_TRY(CountApps(connection, totals));
      NS_TRY(CountHeld(connection, totals));
      NS_TRY(CountBuilds(connection, totals));
      return totals;
    });
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<ports::TotalsStore> NewPgTotals(Pool& pool) {
  return std::make_unique<PgTotals>(pool);
}

}  // namespace ns::store
