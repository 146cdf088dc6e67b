// One session with PostgreSQL, every wait bounded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
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

  // One statement. After a failure in between (kUnavailable) the session is broken. A text that
  // comes again is prepared, so texts are few and values are parameters.
  Result<Rows> Run(const std::string& sql, const Params& params = {});
  // Statements without parameters in one round trip; the rows of the last.
  Result<Rows> RunScript(const std::string& sql);
  // Runs it and drops its rows.
  Status Do(const std::string& sql, const Params& params = {});
  // False when the session has ended, as far as can be seen without asking.
  bool Alive();
  // Hangs up: what the server has not been told by now it shall not wait for.
  void End();

  // Names this session among all that ever were, and counts its marked transactions (outcome.h).
  const std::string& name() const { return name_; }
  int64_t& marked() { return marked_; }
  int server_process() const;

  // Payloads of the notifications that came, each once; waits up to `limit` for the first, or until
  // `wake` (a descriptor) is readable. kUnavailable when the session has ended.
  Result<std::vector<std::string>> Receive(Duration limit, int wake);

 private:
  struct Close {
    void operator()(pg_conn* connection) const;
  };
  Connection() = default;
  Status Connect(const std::string& connection, Duration deadline);
  Status Send(const std::string& sql, const Params& params, Duration deadline);
  // The name under which `sql` is prepared; empty: send its text.
  Result<std::string> NameOf(const std::string& sql, Duration deadline);
  Status Flush(Duration deadline);
  Result<Rows> Fetch(Duration deadline);
  Status WaitFor(bool writable, Duration deadline);
  Status Lost(const std::string& what);

  std::unique_ptr<pg_conn, Close> connection_;
  Duration statement_limit_{};
  bool broken_ = false;
  std::string name_;
  int64_t marked_ = 0;
  struct Text {
    int uses = 0;
    std::string prepared;
  };
  std::unordered_map<std::string, Text> texts_;
  int prepared_ = 0;
};

}  // namespace ns::store
