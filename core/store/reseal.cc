#include "store/reseal.h"

#include <array>
#include <string_view>

namespace ns::store {
namespace {

constexpr int kBatch = 500;
constexpr int kMostRounds = 5;  // over a table; each takes what others sealed meanwhile

// A table with secrets. The place of each is "table/key1[/key2]" and the suffix of its column.
struct SealedTable {
  std::string_view name, key1, key2;  // key2 may be empty
  struct Column {
    std::string_view name, suffix;
  };
  std::array<Column, 2> columns;  // the second may be nameless
};

constexpr std::array<SealedTable, 4> kTables{{
    {"environment", "application_id", "name", {{{"value_sealed", ""}, {}}}},
    {"release_environment", "release_id", "name", {{{"value_sealed", ""}, {}}}},
    {"repositories",
     "id",
     "",
     {{{"password_sealed", "/password"}, {"ssh_key_sealed", "/ssh_key"}}}},
    {"generated_keys", "id", "", {{{"private_sealed", ""}, {}}}},
}};

std::string Or(std::string_view text, std::string_view otherwise) {
  return std::string(text.empty() ? otherwise : text);
}

// SQL: the row holds a secret.
std::string HoldsSecret(const SealedTable& table) {
  std::string sql = "(" + std::string(table.columns[0].name) + " IS NOT NULL";
  if (!table.columns[1].name.empty())
    sql += " OR " + std::string(table.columns[1].name) + " IS NOT NULL";
  return sql + ")";
}

std::string SelectSql(const SealedTable& table) {
  const std::string key1(table.key1), key2 = Or(table.key2, "''");
  return "SELECT " + key1 + ", " + key2 + ", " + std::string(table.columns[0].name) + ", " +
         Or(table.columns[1].name, "NULL::bytea") + " FROM " + std::string(table.name) +
         " WHERE seal_key <> $1 AND " + HoldsSecret(table) + " AND (" + key1 + ", " + key2 +
         ") > ($2, $3) ORDER BY 1, 2 LIMIT " + std::to_string(kBatch) + " FOR NO KEY UPDATE";
}

std::string UpdateSql(const SealedTable& table) {
  std::string sql = "UPDATE " + std::string(table.name) + " AS t SET seal_key = $1, " +
                    std::string(table.columns[0].name) + " = decode(nullif(first, ''), 'hex')";
  if (!table.columns[1].name.empty())
    sql += ", " + std::string(table.columns[1].name) + " = decode(nullif(second, ''), 'hex')";
  return sql +
         " FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS given (key1, key2, "
         "first, second) WHERE t." +
         std::string(table.key1) + " = key1" +
         (table.key2.empty() ? "" : " AND t." + std::string(table.key2) + " = key2");
}

// Rows on their way, column by column; sealed values in hex, empty for NULL.
struct Batch {
  std::vector<std::string> key1, key2;
  std::array<std::vector<std::string>, 2> values;
};

Status SealAnew(const SealedTable& table, Row row, const Sealing& sealing, const Sealer& newest,
                Batch& batch) {
  std::array<std::optional<std::string>, 2> sealed;
  row >> batch.key1.emplace_back() >> batch.key2.emplace_back() >> sealed[0] >> sealed[1];
  NS_TRY(row.status());
  std::string place = std::string(table.name) + "/" + batch.key1.back();
  if (!table.key2.empty()) place += "/" + batch.key2.back();
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string& value = batch.values[i].emplace_back();
    if (!sealed[i]) continue;
    const std::string whole = place + std::string(table.columns[i].suffix);
    NS_ASSIGN(const Secret plain, sealing.Open(sealed[i], whole));
    value = ToHex(newest.Seal(plain, whole));
  }
  return {};
}

// The next rows after those of `batch`, sealed anew.
Result<Batch> ResealSome(Connection& connection, const SealedTable& table, const Sealing& sealing,
                         const Sealer& newest, const Batch& before) {
  const bool begin = before.key1.empty();
  NS_ASSIGN(
      const Rows rows,
      connection.Run(SelectSql(table), Params::Of(newest.key_id(), begin ? "" : before.key1.back(),
                                                  begin ? "" : before.key2.back())));
  Batch batch;
  for (int i = 0; i < rows.size(); ++i) NS_TRY(SealAnew(table, rows[i], sealing, newest, batch));
  if (batch.key1.empty()) return batch;
  NS_TRY(connection.Do(UpdateSql(table), Params::Of(newest.key_id(), batch.key1, batch.key2,
                                                    batch.values[0], batch.values[1])));
  return batch;
}

// Once over the table.
Result<int64_t> ResealTable(Pool& pool, const SealedTable& table, const Sealing& sealing,
                            const Sealer& newest) {
  int64_t total = 0;
  Batch batch;
  do {
    NS_ASSIGN(batch, pool.Write([&](Connection& connection) {
      return ResealSome(connection, table, sealing, newest, batch);
    }));
    total += static_cast<int64_t>(batch.key1.size());
  } while (!batch.key1.empty());
  return total;
}

}  // namespace

Result<std::vector<std::string>> SealKeysInUse(Pool& pool) {
  std::string sql;
  for (const SealedTable& table : kTables) {
    sql += (sql.empty() ? "" : " UNION ") + ("SELECT seal_key FROM " + std::string(table.name)) +
           " WHERE " + HoldsSecret(table);
  }
  NS_ASSIGN(const Rows rows, pool.Run(sql));
  return ReadAll<std::string>(rows, [](Row& row, std::string& id) { row >> id; });
}

Result<int64_t> Reseal(Pool& pool, const Sealing& sealing) {
  const auto newest = sealing.Current();
  int64_t total = 0;
  for (const SealedTable& table : kTables) {
    for (int round = 0; round < kMostRounds; ++round) {
      NS_ASSIGN(const int64_t count, ResealTable(pool, table, sealing, *newest));
      total += count;
      if (count == 0) break;
    }
  }
  return total;
}

}  // namespace ns::store
