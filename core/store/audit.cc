#include "store/sub_stores.h"

namespace ns::store {
namespace {

constexpr char kColumns[] =
    "number, happened_at, call_id, request_id, user_id, user_name, via, credential_id, address, "
    "method, object_kind, object_id, application_id, repository_id, result_id, code, reason";

void ReadEvent(Row& row, model::AuditEvent& out) {
  row >> out.cursor >> out.at >> out.call >> out.request >> out.user >> out.user_name >> out.via >>
      out.credential >> out.address >> out.method >> out.object_kind >> out.object_id >> out.app >>
      out.repository >> out.result_id >> out.code >> out.reason;
}

// Conditions joined by AND; each takes the values of its placeholders ("?") with it.
class Where {
 public:
  template <class... V>
  void And(std::string_view condition, const V&... values) {
    sql_ += sql_.empty() ? " WHERE " : " AND ";
    for (const char c : condition) {
      if (c == '?')
        sql_ += "$" + std::to_string(++count_);
      else
        sql_ += c;
    }
    (params_ << ... << values);
  }
  // Placeholder of one more value.
  template <class V>
  std::string Next(const V& value) {
    params_ << value;
    return "$" + std::to_string(++count_);
  }
  const std::string& sql() const { return sql_; }
  const Params& params() const { return params_; }

 private:
  std::string sql_;
  Params params_;
  int count_ = 0;
};

Where WhereOf(const ports::AuditQuery& query) {
  Where where;
  if (!query.all) {
    where.And("(user_id = ? OR application_id = ANY(?::text[]) OR repository_id = ANY(?::text[]))",
              query.viewer, query.owned, query.owned);
  }
  if (!query.user.empty())
    where.And("(user_id = ? OR lower(user_name) = lower(?))", query.user, query.user);
  if (!query.object.empty()) {
    where.And("(object_id = ? OR application_id = ? OR repository_id = ? OR result_id = ?)",
              query.object, query.object, query.object, query.object);
  }
  if (!query.method.empty())
    where.And("(method = ? OR split_part(method, '/', 2) = ?)", query.method, query.method);
  if (query.since != kNever) where.And("happened_at >= ?::timestamptz", query.since);
  if (query.until != kNever) where.And("happened_at < ?::timestamptz", query.until);
  if (query.before != 0) where.And("number < ?::bigint", query.before);
  return where;
}

class PgAudit final : public ports::AuditStore {
 public:
  explicit PgAudit(Pool& pool) : pool_(pool) {}

  Status Append(const model::AuditEvent& event, Duration ago) override {
    return pool_
        .Run(
            "INSERT INTO audit_events (happened_at, call_id, request_id, user_id, user_name, via, "
            "credential_id, address, method, object_kind, object_id, application_id, "
            "repository_id, result_id, code, reason) VALUES (now() - $1::interval, $2, $3, $4, $5, "
            "$6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT (call_id) DO NOTHING",
            Params::Of(ago, event.call, event.request, event.user, event.user_name, event.via,
                       event.credential, event.address, event.method, event.object_kind,
                       event.object_id, event.app, event.repository, event.result_id, event.code,
                       event.reason))
        .status();
  }

  Result<std::vector<model::AuditEvent>> List(const ports::AuditQuery& query) override {
    Where where = WhereOf(query);
    const std::string limit = where.Next(query.limit);
    NS_ASSIGN(const Rows rows,
              pool_.Run(std::string("SELECT ") + kColumns + " FROM audit_events" + where.sql() +
                            " ORDER BY number DESC LIMIT " + limit + "::bigint",
                        where.params()));
    return ReadAll<model::AuditEvent>(rows, ReadEvent);
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<ports::AuditStore> NewPgAudit(Pool& pool) {
  return std::make_unique<PgAudit>(pool);
}

}  // namespace ns::store
