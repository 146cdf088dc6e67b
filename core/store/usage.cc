#include "store/sub_stores.h"

namespace ns::store {
namespace {

class PgUsage final : public ports::UsageStore {
 public:
  explicit PgUsage(Pool& pool) : pool_(pool) {}

  Status Put(const model::UsageBatch& batch, Duration keep) override {
    std::vector<std::string> apps;
    std::vector<int64_t> cpu, memory, received, sent;
    for (const auto& [app, usage] : batch.apps) {
      apps.push_back(app.str());
      cpu.push_back(usage.cpu);
      memory.push_back(usage.memory);
      received.push_back(usage.received);
      sent.push_back(usage.sent);
    }
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(
          connection.Do("DELETE FROM usage_batches WHERE backend = $1 AND span = $2 AND ended_at "
                        "<= $3::timestamptz - $4::interval",
                        Params::Of(batch.backend, batch.span.count(), batch.at, keep)));
      NS_ASSIGN(
          const Rows made,
          connection.Run("INSERT INTO usage_batches (backend, span, ended_at, applications, cpu, "
                         "memory, received, sent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON "
                         "CONFLICT DO NOTHING",
                         Params::Of(batch.backend, batch.span.count(), batch.at, apps, cpu, memory,
                                    received, sent)));
      return made.touched() > 0 ? Status() : Status(Code::kExists, "it is told already");
    });
  }

  Result<bool> Told(const std::string& backend, std::chrono::seconds span, Time at) override {
    NS_ASSIGN(const Rows rows,
              pool_.Run("SELECT 1 FROM usage_batches WHERE backend = $1 AND span = $2 AND ended_at "
                        "= $3::timestamptz",
                        Params::Of(backend, span.count(), at)));
    return !rows.empty();
  }

  // One row holds all applications: the place of the one is looked up once a row.
  Result<std::vector<model::UsagePoint>> Series(const std::string& backend, const AppId& app,
                                                Time from, Time until) override {
    NS_ASSIGN(const Rows rows,
              pool_.Run("SELECT ended_at, span, cpu[place], memory[place], received[place], "
                        "sent[place] FROM usage_batches CROSS JOIN LATERAL (SELECT "
                        "array_position(applications, $2::text) AS place OFFSET 0) AS found WHERE "
                        "backend = $1 AND ended_at >= $3 AND ended_at < $4 AND place IS NOT NULL",
                        Params::Of(backend, app, from, until)));
    return ReadAll<model::UsagePoint>(rows, [](Row& row, model::UsagePoint& out) {
      int64_t span = 0;
      row >> out.at >> span >> out.usage.cpu >> out.usage.memory >> out.usage.received >>
          out.usage.sent;
      out.span = std::chrono::seconds(span);
    });
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<ports::UsageStore> NewPgUsage(Pool& pool) {
  return std::make_unique<PgUsage>(pool);
}

}  // namespace ns::store
