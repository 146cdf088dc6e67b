#include "store/reseal.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

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

constexpr std::array<SealedTable, 5> kTables{{
    {"environment", "application_id", "name", {{{"value_sealed", ""}, {}}}},
    {"release_environment", "release_id", "name", {{{"value_sealed", ""}, {}}}},
    {"repositories",
     "id",
     "",
     {{{"password_sealed", "/password"}, {"ssh_key_sealed", "/ssh_key"}}}},
    {"generated_keys", "id", "", {{{"private_sealed", ""}, {}}}},
    {"repeatable_calls", "user_id", "key_hash", {{{"answer_sealed", ""}, {}}}},
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
  // The last row that was looked at, sealed anew or not; nothing: there was none.
  std::optional<std::pair<std::string, std::string>> last;
  std::set<std::string> unopened;
};

// SealBroken names the place of the secret that no key opens.
Result<std::string> SealOneAnew(const std::optional<std::string>& sealed, const std::string& place,
                                const Sealing& sealing, const Sealer& newest, Batch& batch) {
  if (!sealed) return std::string();
  const Result<Secret> plain = sealing.Open(sealed, place);
  if (!plain.ok()) {
    batch.unopened.insert(place);
    return plain.status();
  }
  return ToHex(newest.Seal(*plain, place));
}

// A row with a secret that does not open is passed over: the others must not wait for it.
Status SealAnew(const SealedTable& table, Row row, const Sealing& sealing, const Sealer& newest,
                Batch& batch) {
  std::string key1, key2;
  std::array<std::optional<std::string>, 2> sealed;
  row >> key1 >> key2 >> sealed[0] >> sealed[1];
  NS_TRY(row.status());
  batch.last.emplace(key1, key2);
  std::string place = std::string(table.name) + "/" + key1;
  if (!table.key2.empty()) place += "/" + key2;
  std::array<std::string, 2> values;
  for (size_t i = 0; i < sealed.size(); ++i) {
    auto value = SealOneAnew(sealed[i], place + std::string(table.columns[i].suffix), sealing,
                             newest, batch);
    if (!value.ok()) return {};
    values[i] = std::move(*value);
  }
  batch.key1.push_back(std::move(key1));
  batch.key2.push_back(std::move(key2));
  for (size_t i = 0; i < values.size(); ++i) batch.values[i].push_back(std::move(values[i]));
  return {};
}

// The next rows after those of `before`, sealed anew.
Result<Batch> ResealSome(Connection& connection, const SealedTable& table, const Sealing& sealing,
                         const Sealer& newest, const Batch& before) {
  const auto [key1, key2] = before.last.value_or(std::pair<std::string, std::string>());
  NS_ASSIGN(const Rows rows,
            connection.Run(SelectSql(table), Params::Of(newest.key_id(), key1, key2)));
  Batch batch;
  for (int i = 0; i < rows.size(); ++i) NS_TRY(SealAnew(table, rows[i], sealing, newest, batch));
  if (batch.key1.empty()) return batch;
  NS_TRY(connection.Do(UpdateSql(table), Params::Of(newest.key_id(), batch.key1, batch.key2,
                                                    batch.values[0], batch.values[1])));
  return batch;
}

// Once over the table.
Result<Resealed> ResealTable(Pool& pool, const SealedTable& table, const Sealing& sealing,
                             const Sealer& newest) {
  Resealed done;
  Batch batch;
  do {
    NS_ASSIGN(batch, pool.Write([&](Connection& connection) {
      return ResealSome(connection, table, sealing, newest, batch);
    }));
    done.rows += static_cast<int64_t>(batch.key1.size());
    done.unopened.merge(batch.unopened);
  } while (batch.last);
  return done;
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

Result<Resealed> Reseal(Pool& pool, const Sealing& sealing) {
  const auto newest = sealing.Current();
  Resealed done;
  for (const SealedTable& table : kTables) {
    for (int round = 0; round < kMostRounds; ++round) {
      NS_ASSIGN(Resealed some, ResealTable(pool, table, sealing, *newest));
      done.rows += some.rows;
      done.unopened.merge(some.unopened);
      if (some.rows == 0) break;
    }
  }
  return done;
}

}  // namespace ns::store
