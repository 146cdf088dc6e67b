#include "store/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "store/pg_error.h"

namespace ns::store {
namespace {

using namespace std::chrono_literals;

// The client waits a little longer than the server, whose answer says more.
constexpr Duration kGrace = 1s;

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
  NS_TRY(opened->Connect(connection, Now() + limit));
  return opened;
}

Status Connection::Connect(const std::string& connection, Duration deadline) {
  const std::string options = SessionOptions(statement_limit_);
  const std::array<const char*, 7> keys{
      "dbname",           "options", "client_encoding", "application_name", "keepalives_idle",
      "tcp_user_timeout", nullptr};
  const std::array<const char*, 7> values{
      connection.c_str(), options.c_str(), "UTF8", "neoshowcase", "30", "30000", nullptr};
  connection_.reset(PQconnectStartParams(keys.data(), values.data(), 1));
  if (!connection_ || PQstatus(connection_.get()) == CONNECTION_BAD) return Lost("connecting");
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    if (next == PGRES_POLLING_FAILED) return Lost("connecting");
    NS_TRY(WaitFor(next == PGRES_POLLING_WRITING, deadline));
    next = PQconnectPoll(connection_.get());
  }
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
  const int count = static_cast<int>(values.size());
  if (!PQsendQueryParams(connection_.get(), sql.c_str(), count, nullptr, values.data(),
                         lengths.data(), formats.data(), 0)) {
    return Lost("sending a statement");
  }
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
  for (;;) {
    while (PQisBusy(connection_.get())) {
      NS_TRY(WaitFor(false, deadline));
      if (!PQconsumeInput(connection_.get())) return Lost("waiting for an answer");
    }
    PGresult* result = PQgetResult(connection_.get());
    if (!result) break;
    const ExecStatusType status = PQresultStatus(result);
    rows.emplace(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
      failure = StatusOf(ErrorOf(result));
  }
  if (PQstatus(connection_.get()) != CONNECTION_OK) return Lost("waiting for an answer");
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
      return Unavailable("the database does not answer in time").SetFault(Fault::kOperator);
    }
    const int ready = poll(&fd, 1, Millis(left));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return Lost("poll");
  }
}

Status Connection::Lost(const std::string& what) {
  broken_ = true;
  const std::string words = connection_ ? Trimmed(PQerrorMessage(connection_.get())) : "no memory";
  return StatusOf({"", what + ": " + words, ""});
}

bool Connection::Alive() {
  if (broken_) return false;
  // A session that was asked nothing hears nothing, but that it was ended.
  pollfd fd{PQsocket(connection_.get()), POLLIN, 0};
  broken_ = PQstatus(connection_.get()) != CONNECTION_OK || poll(&fd, 1, 0) > 0;
  return !broken_;
}

Result<std::vector<std::string>> Connection::Receive(Duration limit, int wake) {
  std::vector<std::string> payloads;
  const auto take = [&] {
    while (PGnotify* notification = PQnotifies(connection_.get())) {
      payloads.emplace_back(notification->extra);
      PQfreemem(notification);
    }
  };
  take();  // those that came with the answer to a statement
  if (!payloads.empty()) return payloads;
  std::array<pollfd, 2> fds{pollfd{PQsocket(connection_.get()), POLLIN, 0},
                            pollfd{wake, POLLIN, 0}};
  const int ready = poll(fds.data(), fds.size(), Millis(limit));
  if (ready < 0 && errno != EINTR) return Lost("waiting for hints");
  if (fds[0].revents && !PQconsumeInput(connection_.get())) return Lost("waiting for hints");
  if (PQstatus(connection_.get()) != CONNECTION_OK) return Lost("waiting for hints");
  take();
  return payloads;
}

}  // namespace ns::store
