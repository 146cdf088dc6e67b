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
  }
  return "applications";
}

class PgEvents final : public ports::EventStore {
 public:
  explicit PgEvents(Pool& pool) : pool_(pool) {}

  Status Append(const model::Event& event) override {
    return pool_.Write([&](Connection& connection) { return PutEvent(connection, event); });
  }

  Result<std::vector<model::Event>> List(model::Subject subject, const std::string& id,
                                         int64_t cursor, int limit) override {
    NS_ASSIGN(
        const Rows rows,
        pool_.Run(
            "SELECT number, happened_at, subject, subject_id, actor, kind, reason, message, data "
            "FROM events"
            " WHERE subject = $1 AND subject_id = $2 AND number > $3 ORDER BY number LIMIT $4",
            Params::Of(subject, id, cursor, limit)));
    return ReadAll<model::Event>(rows, [](Row& row, model::Event& out) {
      row >> out.cursor >> out.at >> out.subject >> out.subject_id >> out.actor >> out.kind >>
          out.reason >> out.message >> out.data;
    });
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
