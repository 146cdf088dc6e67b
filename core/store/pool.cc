#include "store/pool.h"

#include <algorithm>

#include "base/random.h"
#include "store/pg_error.h"
#include "supervise/process.h"

namespace ns::store {
namespace {

constexpr int kTries = 8;         // of what loses to another
constexpr int kSessionsLost = 2;  // then the database is away

bool LostToAnother(const Status& status) { return status.reason() == kLostToAnother; }

// Those that lost to each other do not meet again at the same moment.
void Pause(int tries) {
  const uint64_t most = std::min<uint64_t>(uint64_t{2} << tries, 100);
  supervise::WaitReadable(-1, std::chrono::milliseconds(SystemRandom().Below(most + 1)));
}

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
  int lost = 0;
  for (int tries = 1;; ++tries) {
    NS_ASSIGN(auto taken, Take());
    Use connection(*this, std::move(taken));
    Result<Rows> rows = (*connection).Run(sql, params);
    lost += IsLostSession(rows.status());
    const bool again = LostToAnother(rows.status()) || IsLostSession(rows.status());
    if (!again || tries == kTries || lost == kSessionsLost) return rows;
    Pause(tries);
  }
}

Status Pool::TransactUntyped(Kind kind, const Steps& steps) {
  int lost = 0;
  for (int tries = 1;; ++tries) {
    bool session_lost = false;
    const Status status = TransactOnce(kind, steps, session_lost);
    lost += session_lost;
    const bool again = LostToAnother(status) || session_lost;
    if (!again || tries == kTries || lost == kSessionsLost) return status;
    Pause(tries);
  }
}

// `lost` says that nothing was kept, since the session ended.
Status Pool::TransactOnce(Kind kind, const Steps& steps, bool& lost) {
  NS_ASSIGN(auto taken, Take());
  Use use(*this, std::move(taken));
  Connection& connection = *use;
  const Status status =
      kind == Kind::kWrite ? WriteOnce(steps, connection) : ReadOnce(steps, connection);
  if (status.ok()) return status;
  const bool alive = connection.Alive();
  if (alive) (void)connection.Do("ROLLBACK");
  lost = !alive && IsLostSession(status);
  return status;
}

Status Pool::ReadOnce(const Steps& steps, Connection& connection) {
  NS_TRY(connection.Do("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  NS_TRY(steps(connection));
  return connection.Do("COMMIT");
}

Status Pool::WriteOnce(const Steps& steps, Connection& connection) {
  NS_ASSIGN(const Mark mark, BeginMarked(connection));
  NS_TRY(steps(connection));
  return Commit(connection, mark);
}

Status Pool::Commit(Connection& connection, const Mark& mark) {
  const Result<Rows> answer = connection.RunScript("COMMIT");
  if (answer.ok()) {
    return answer->command() == "COMMIT"
               ? Status()
               : Internal("a failed transaction was to be committed, and was rolled back");
  }
  if (connection.Alive()) return answer.status();
  connection.End();
  switch (AskOutcome(options_, mark)) {
    case Outcome::kCommitted:
      return {};
    case Outcome::kGone:
      return Status(Code::kUnavailable, kLostToAnother,
                    "the session ended before the transaction was kept");
    case Outcome::kUnknown:
      break;
  }
  return Status(Code::kUnavailable, "OutcomeUnknown",
                "the database went away over a COMMIT, and nobody can say whether it was kept: " +
                    answer.status().message())
      .SetFault(Fault::kOperator);
}

Result<std::unique_ptr<Connection>> Pool::Take() {
  {
    Lock lock(mutex_);
    const Duration deadline = SystemClock().Monotonic() + options_.wait_limit;
    bool waits = false;
    for (;;) {
      while (!idle_.empty()) {
        std::unique_ptr<Connection> connection = std::move(idle_.back().connection);
        idle_.pop_back();
        if (connection->Alive()) return connection;
        --open_;
      }
      if (open_ < options_.connections) break;
      const Duration now = SystemClock().Monotonic();
      const Duration left = deadline - now;
      if (left <= Duration::zero()) {
        ++figures_.given_up;
        return DatabaseSlow("every session with it was in use for too long");
      }
      if (!waits) ++figures_.waits;
      waits = true;
      returned_.wait_for(mutex_, left);
      figures_.waited += SystemClock().Monotonic() - now;
    }
    ++open_;
  }
  auto opened =
      Connection::Open(options_.connection, options_.connect_limit, options_.statement_limit);
  if (!opened.ok()) Return(nullptr);
  return opened;
}

PoolFigures Pool::figures() {
  Lock lock(mutex_);
  PoolFigures figures = figures_;
  figures.most = options_.connections;
  figures.open = open_;
  figures.in_use = open_ - static_cast<int>(idle_.size());
  return figures;
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
