#include "store/pool.h"

#include "store/pg_error.h"

namespace ns::store {
namespace {

constexpr int kTries = 8;

bool LostToAnother(const Status& status) { return status.reason() == kLostToAnother; }

}  // namespace

class Pool::Use {
 public:
  Use(Pool& pool, std::unique_ptr<Connection> connection)
      : pool_(pool), connection_(std::move(connection)) {}
  ~Use() { pool_.Return(std::move(connection_)); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  Connection& operator*() { return *connection_; }

 private:
  Pool& pool_;
  std::unique_ptr<Connection> connection_;
};

Result<Rows> Pool::Run(const std::string& sql, const Params& params) {
  for (int tries = 1;; ++tries) {
    NS_ASSIGN(auto taken, Take());
    Use connection(*this, std::move(taken));
    Result<Rows> rows = (*connection).Run(sql, params);
    if (rows.ok() || !LostToAnother(rows.status()) || tries == kTries) return rows;
  }
}

Status Pool::TransactUntyped(const char* begin, const std::function<Status(Connection&)>& body) {
  for (int tries = 1;; ++tries) {
    const Status status = TransactOnce(begin, body);
    if (!LostToAnother(status) || tries == kTries) return status;
  }
}

Status Pool::TransactOnce(const char* begin, const std::function<Status(Connection&)>& body) {
  NS_ASSIGN(auto taken, Take());
  Use connection(*this, std::move(taken));
  NS_TRY((*connection).Do(begin));
  const Status status = body(*connection);
  if (status.ok()) return (*connection).Do("COMMIT");
  if ((*connection).Alive()) (void)(*connection).Do("ROLLBACK");
  return status;
}

Result<std::unique_ptr<Connection>> Pool::Take() {
  {
    Lock lock(mutex_);
    const Duration deadline = SystemClock().Monotonic() + options_.wait_limit;
    for (;;) {
      while (!idle_.empty()) {
        std::unique_ptr<Connection> connection = std::move(idle_.back().connection);
        idle_.pop_back();
        if (connection->Alive()) return connection;
        --open_;
      }
      if (open_ < options_.connections) break;
      const Duration left = deadline - SystemClock().Monotonic();
      if (left <= Duration::zero()) {
        return Unavailable(
                   "every session with the database is in use: too much work, or the database is "
                   "too slow")
            .SetFault(Fault::kOperator);
      }
      returned_.wait_for(mutex_, left);
    }
    ++open_;
  }
  auto opened =
      Connection::Open(options_.connection, options_.connect_limit, options_.statement_limit);
  if (!opened.ok()) Return(nullptr);
  return opened;
}

void Pool::Return(std::unique_ptr<Connection> connection) {
  {
    Lock lock(mutex_);
    const Duration now = SystemClock().Monotonic();
    if (connection && connection->Alive())
      idle_.push_back({std::move(connection), now});
    else
      --open_;
    CloseIdle(now);
  }
  returned_.notify_one();
}

void Pool::CloseIdle(Duration now) {
  while (idle_.size() > 1 && now - idle_.front().since > options_.idle_limit) {
    idle_.pop_front();
    --open_;
  }
}

}  // namespace ns::store
