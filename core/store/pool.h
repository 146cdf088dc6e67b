// Sessions shared by the threads of a process, and transactions on them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "store/connection.h"
#include "store/outcome.h"
#include "store/pg_store.h"

namespace ns::store {

// [any-thread]
class Pool {
 public:
  explicit Pool(const PgOptions& options) : options_(options) {}

  PoolFigures figures();

  // One statement, a transaction of its own, sent once more when the session ended over it: it
  // reads, or a second time changes nothing that the first has done.
  Result<Rows> Run(const std::string& sql, const Params& params = {});

  // One transaction: `body(connection)` gives a Status or a Result; a failure rolls back. Tried
  // again where PostgreSQL says that it lost to another, or the session ended and nothing was kept,
  // so `body` may run several times. When nobody can tell whether it was kept: kUnavailable with
  // the reason "OutcomeUnknown".
  template <class Body>
  auto Write(Body&& body) -> std::invoke_result_t<Body, Connection&> {
    return Transact(Kind::kWrite, std::forward<Body>(body));
  }
  // The same for reads that must agree with one another.
  template <class Body>
  auto Read(Body&& body) -> std::invoke_result_t<Body, Connection&> {
    return Transact(Kind::kRead, std::forward<Body>(body));
  }

 private:
  class Use;  // a session while it is in use
  struct Idle {
    std::unique_ptr<Connection> connection;
    Duration since{};
  };

  enum class Kind { kRead, kWrite };

  template <class Body>
  auto Transact(Kind kind, Body&& body) -> std::invoke_result_t<Body, Connection&> {
    std::optional<std::invoke_result_t<Body, Connection&>> result;
    const Status status = TransactUntyped(kind, [&](Connection& connection) -> Status {
      result.emplace(body(connection));
      if constexpr (std::is_same_v<std::invoke_result_t<Body, Connection&>, Status>)
        return *result;
      else
        return result->status();
    });
    if (!status.ok()) return status;
    return std::move(*result);
  }
  using Steps = std::function<Status(Connection&)>;
  Status TransactUntyped(Kind kind, const Steps& steps);
  Status TransactOnce(Kind kind, const Steps& steps, bool& lost);
  Status WriteOnce(const Steps& steps, Connection& connection);
  static Status ReadOnce(const Steps& steps, Connection& connection);
  // COMMIT, and where its answer is lost, what became of it.
  Status Commit(Connection& connection, const Mark& mark);

  Result<std::unique_ptr<Connection>> Take();
  void Return(std::unique_ptr<Connection> connection);
  void CloseIdle(Duration now) NS_REQUIRES(mutex_);

  const PgOptions options_;
  Mutex mutex_;
  std::condition_variable_any returned_;
  std::deque<Idle> idle_ NS_GUARDED_BY(mutex_);  // used last: at the back
  int open_ NS_GUARDED_BY(mutex_) = 0;           // idle or in use
  PoolFigures figures_ NS_GUARDED_BY(mutex_);    // what is counted of them
};

}  // namespace ns::store
