#include "store/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <unordered_set>

#include "base/random.h"
#include "store/pg_error.h"

namespace ns::store {
namespace {

using namespace std::chrono_literals;

// The client waits a little longer than the server, whose answer says more.
constexpr Duration kGrace = 80ms;
constexpr size_t kMostTexts = 256;  // remembered by a session
constexpr int kUsesUntilPrepared = 2;
// Of one Receive, so that a flood is told in pieces.
constexpr int kMostReads = 10'000;
constexpr size_t kMostPayloads = 10'000;

Duration Now() { return SystemClock().Monotonic(); }

int Millis(Duration duration) {
  const auto count = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return static_cast<int>(std::clamp<int64_t>(count, 0, 60'000));
}

std::string Trimmed(const char* message) {
  std::string text = message ? message : "";
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  std::erase(text, '\t');
  for (char& c : text) c = c == '\n' ? ' ' : c;
  return text;
}

std::string SessionOptions(Duration statement_limit) {
  return "-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres -c bytea_output=hex -c "
         "idle_in_transaction_session_timeout=60s"
         " -c statement_timeout=" +
         std::to_string(Millis(statement_limit));
}

PgError ErrorOf(const PGresult* result) {
  const auto field = [&](int code) {
    const char* text = PQresultErrorField(result, code);
    return std::string(text ? text : "");
  };
  std::string message = field(PG_DIAG_MESSAGE_PRIMARY);
  if (message.empty()) message = Trimmed(PQresultErrorMessage(result));
  return {field(PG_DIAG_SQLSTATE), std::move(message), field(PG_DIAG_CONSTRAINT_NAME)};
}

}  // namespace

void Connection::Close::operator()(pg_conn* connection) const { PQfinish(connection); }

Result<std::unique_ptr<Connection>> Connection::Open(const std::string& connection, Duration limit,
                                                     Duration statement_limit) {
  std::unique_ptr<Connection> opened(new Connection());
  opened->statement_limit_ = statement_limit;
  opened->name_ = NewIdText(SystemRandom());
  NS_TRY(opened->Connect(connection, Now() + limit));
  return opened;
}

Status Connection::Connect(const std::string& connection, Duration deadline) {
  const std::string options = SessionOptions(statement_limit_);
  // A machine that went away silently is noticed within ten seconds, whoever speaks last.
  constexpr size_t kOptions = 9;
  const std::array<const char*, kOptions> keys{"dbname",
                                               "options",
                                               "client_encoding",
                                               "application_name",
                                               "keepalives_idle",
                                               "keepalives_count",
                                               "keepalives_interval",
                                               "tcp_user_timeout",
                                               nullptr};
  const std::array<const char*, kOptions> values{
      connection.c_str(), options.c_str(), "UTF8", "neoshowcase", "4", "2", "2", "8000", nullptr};
  connection_.reset(PQconnectStartParams(keys.data(), values.data(), 1));
  if (!connection_ || PQstatus(connection_.get()) == CONNECTION_BAD) return Lost("connecting");
  // Until a session stands, libpq tells the server's error code in its words alone.
  PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    if (next == PGRES_POLLING_FAILED) return Lost("connecting");
    NS_TRY(WaitFor(next == PGRES_POLLING_WRITING, deadline));
    next = PQconnectPoll(connection_.get());
  }
  PQsetErrorVerbosity(connection_.get(), PQERRORS_DEFAULT);
  if (PQsetnonblocking(connection_.get(), 1) != 0) return Lost("connecting");
  return {};
}

Result<Rows> Connection::Run(const std::string& sql, const Params& params) {
  if (broken_) return Lost("an ended session");
  const Duration deadline = Now() + statement_limit_ + kGrace;
  NS_TRY(Send(sql, params, deadline));
  return Fetch(deadline);
}

Status Connection::Do(const std::string& sql, const Params& params) {
  return Run(sql, params).status();
}

Result<Rows> Connection::RunScript(const std::string& sql) {
  if (broken_) return Lost("an ended session");
  const Duration deadline = Now() + statement_limit_ + kGrace;
  if (!PQsendQuery(connection_.get(), sql.c_str())) return Lost("sending a statement");
  NS_TRY(Flush(deadline));
  return Fetch(deadline);
}

Result<std::string> Connection::NameOf(const std::string& sql, Duration deadline) {
  if (texts_.size() >= kMostTexts && !texts_.contains(sql)) return std::string();
  Text& text = texts_[sql];
  if (++text.uses < kUsesUntilPrepared || !text.prepared.empty()) return text.prepared;
  const std::string name = "ns_" + std::to_string(++prepared_);
  if (!PQsendPrepare(connection_.get(), name.c_str(), sql.c_str(), 0, nullptr))
    return Lost("sending a statement");
  NS_TRY(Flush(deadline));
  NS_TRY(Fetch(deadline).status());
  text.prepared = name;
  return name;
}

Status Connection::Send(const std::string& sql, const Params& params, Duration deadline) {
  std::vector<const char*> values;
  std::vector<int> lengths, formats;
  for (const Params::Value& value : params.values()) {
    if (!value.binary && value.text.find('\0') != std::string::npos)
      return Invalid("a text holds a NUL byte");
    values.push_back(value.null ? nullptr : value.text.data());
    lengths.push_back(static_cast<int>(value.text.size()));
    formats.push_back(value.binary ? 1 : 0);
  }
  NS_ASSIGN(const std::string name, NameOf(sql, deadline));
  const int count = static_cast<int>(values.size());
  const int sent = name.empty()
                       ? PQsendQueryParams(connection_.get(), sql.c_str(), count, nullptr,
                                           values.data(), lengths.data(), formats.data(), 0)
                       : PQsendQueryPrepared(connection_.get(), name.c_str(), count, values.data(),
                                             lengths.data(), formats.data(), 0);
  return sent ? Flush(deadline) : Lost("sending a statement");
}

Status Connection::Flush(Duration deadline) {
  for (int left = PQflush(connection_.get()); left != 0; left = PQflush(connection_.get())) {
    if (left < 0) return Lost("sending a statement");
    NS_TRY(WaitFor(true, deadline));
    if (!PQconsumeInput(connection_.get())) return Lost("sending a statement");
  }
  return {};
}

Result<Rows> Connection::Fetch(Duration deadline) {
  std::optional<Rows> rows;
  Status failure;
  bool outdated = false;
  // The server's last words say more than that it hung up.
  const auto lost = [&] {
    const Status status = Lost("waiting for an answer");
    return failure.ok() ? status : failure;
  };
  for (;;) {
    while (PQisBusy(connection_.get())) {
      NS_TRY(WaitFor(false, deadline));
      if (!PQconsumeInput(connection_.get())) return lost();
    }
    PGresult* result = PQgetResult(connection_.get());
    if (!result) break;
    const ExecStatusType status = PQresultStatus(result);
    rows.emplace(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || !failure.ok()) continue;
    const PgError error = ErrorOf(result);
    failure = StatusOf(error);
    outdated = error.sqlstate == kPlanOutdated;
  }
  if (PQstatus(connection_.get()) != CONNECTION_OK) return lost();
  if (outdated) broken_ = true;  // a new session plans anew
  if (!failure.ok()) return failure;
  if (!rows) return Lost("waiting for an answer");
  return std::move(*rows);
}

Status Connection::WaitFor(bool writable, Duration deadline) {
  pollfd fd{PQsocket(connection_.get()), static_cast<short>(writable ? POLLIN | POLLOUT : POLLIN),
            0};
  for (;;) {
    const Duration left = deadline - Now();
    if (left <= 0ns) {
      broken_ = true;
      return DatabaseSlow("it did not answer in time");
    }
    const int ready = poll(&fd, 1, Millis(left));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return Lost("poll");
  }
}

Status Connection::Lost(const std::string& what) {
  broken_ = true;
  if (!connection_) return StatusOf({"", what, ""});
  PgError error = ParseVerbose(Trimmed(PQerrorMessage(connection_.get())));
  error.message = what + ": " + error.message;
  return StatusOf(error);
}

void Connection::End() {
  broken_ = true;
  connection_.reset();
}

int Connection::server_process() const { return connection_ ? PQbackendPID(connection_.get()) : 0; }

bool Connection::Alive() {
  if (broken_) return false;
  // A session that was asked nothing hears nothing, but that it was ended.
  pollfd fd{PQsocket(connection_.get()), POLLIN, 0};
  broken_ = PQstatus(connection_.get()) != CONNECTION_OK || poll(&fd, 1, 0) > 0;
  return !broken_;
}

Result<std::vector<std::string>> Connection::Receive(Duration limit, int wake) {
  std::vector<std::string> payloads;
  std::unordered_set<std::string> seen;
  const auto take = [&] {
    while (PGnotify* notification = PQnotifies(connection_.get())) {
      if (seen.insert(notification->extra).second) payloads.emplace_back(notification->extra);
      PQfreemem(notification);
    }
  };
  take();  // those that came with the answer to a statement
  Duration wait = payloads.empty() ? limit : 0ns;
  for (int reads = 0; reads < kMostReads && payloads.size() < kMostPayloads; ++reads) {
    std::array<pollfd, 2> fds{pollfd{PQsocket(connection_.get()), POLLIN, 0},
                              pollfd{wake, POLLIN, 0}};
    if (poll(fds.data(), fds.size(), Millis(wait)) < 0 && errno != EINTR)
      return Lost("waiting for hints");
    if (!fds[0].revents || fds[1].revents) break;
    if (!PQconsumeInput(connection_.get()) || PQstatus(connection_.get()) != CONNECTION_OK)
      return Lost("waiting for hints");
    take();
    wait = payloads.empty() ? wait : 0ns;  // then whatever is there already
  }
  return payloads;
}

}  // namespace ns::store
