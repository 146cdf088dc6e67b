// One session with PostgreSQL, every wait bounded.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/rows.h"

struct pg_conn;

namespace ns::store {

// Belongs to one thread at a time.
class Connection {
 public:
  // Connects within `limit`; every statement may then take `statement_limit`, on both sides.
  // kUnavailable.
  static Result<std::unique_ptr<Connection>> Open(const std::string& connection, Duration limit,
                                                  Duration statement_limit);

  // One statement. After a failure in between (kUnavailable) the session is broken.
  Result<Rows> Run(const std::string& sql, const Params& params = {});
  // Runs it and drops its rows.
  Status Do(const std::string& sql, const Params& params = {});
  // False when the session has ended, as far as can be seen without asking.
  bool Alive();

  // Payloads of the notifications that came; waits up to `limit` for the first, or until `wake` (a
  // descriptor) is readable. kUnavailable when the session has ended.
  Result<std::vector<std::string>> Receive(Duration limit, int wake);

 private:
  struct Close {
    void operator()(pg_conn* connection) const;
  };
  Connection() = default;
  Status Connect(const std::string& connection, Duration deadline);
  Status Send(const std::string& sql, const Params& params, Duration deadline);
  Result<Rows> Fetch(Duration deadline);
  Status WaitFor(bool writable, Duration deadline);
  Status Lost(const std::string& what);

  std::unique_ptr<pg_conn, Close> connection_;
  Duration statement_limit_{};
  bool broken_ = false;
};

}  // namespace ns::store
