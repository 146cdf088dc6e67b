// What GetApplications costs behind the gateway: from the bytes of a request to the bytes of an
// answer, over a PostgreSQL of its own. CPU is that of the thread that answers.
#include <time.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>

#include "api/dispatcher.h"
#include "base/random.h"
#include "figures.h"
#include "scratch_postgres.h"
#include "store/pg_store.h"

namespace ns::bench {
namespace {

constexpr char kMethod[] = "neoshowcase.protobuf.APIService/GetApplications";
constexpr char kAll[] = "\x08\x01";  // scope: ALL
constexpr int kRuns = 200;

class NoGit final : public ports::GitRemote {
 public:
  Result<std::vector<model::GitRef>> ListRefs(const ports::Call&, const ports::Remote&) override {
    return Unavailable("not here");
  }
  Result<std::vector<model::Commit>> Commits(const ports::Call&, const ports::Remote&,
                                             const std::vector<std::string>&) override {
    return Unavailable("not here");
  }
  Status Checkout(const ports::Call&, const ports::Remote&, const std::string&, const std::string&,
                  const ports::LargeFiles&) override {
    return Unavailable("not here");
  }
  Result<ports::HostKeyLook> HostKey(const ports::Call&, const ports::Remote&) override {
    return Unavailable("not here");
  }
};

class NoOutputs final : public api::Outputs {
 public:
  Result<std::vector<model::LogLine>> Lines(const ports::Call&, const std::string&,
                                            const ports::LogQuery&) override {
    return Unavailable("not here");
  }
};

std::string Schema() {
  std::ifstream file(NS_SCHEMA_FILE);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Applications with two websites, a build, a release and an observation each.
std::string Applications(int count) {
  const std::string from = " FROM generate_series(1, " + std::to_string(count) + ") n;";
  const std::string id = "lpad(n::text, 22, '0')";
  return "INSERT INTO subjects (id, name, name_key) VALUES ('u', 'alice', 'alice');"
         "INSERT INTO repositories (id, name, url) VALUES (repeat('0', 22), 'shop', "
         "'https://git.test/shop');"
         "INSERT INTO applications (id, name, repository_id, ref, commit_hash, build_method, "
         "build_settings, backend, desired, target_generation, target_state, target_release) "
         "SELECT " +
         id +
         ", 'app-' || n, repeat('0', 22), 'main', repeat('a', 40), "
         "'runtime-dockerfile', '{\"context\":\".\",\"dockerfile_name\":\"Dockerfile\"}', "
         "'docker', 1, 1, 1, " +
         id + from + "INSERT INTO application_owners SELECT " + id + ", 'u', 0" + from +
         "INSERT INTO websites (id, application_id, ordinal, fqdn, path_prefix, port) SELECT k || "
         "substr(" +
         id + ", 2), " + id +
         ", k, 'app-' || n || '.apps.example.com', '/' || k, 8080 "
         "FROM generate_series(1, 2) k, generate_series(1, " +
         std::to_string(count) +
         ") n;"
         "INSERT INTO builds (id, application_id, commit_hash, build_key, status, finished_at) "
         "SELECT " +
         id + ", " + id + ", repeat('a', 40), 'key', 2, now()" + from +
         "INSERT INTO releases (id, application_id, build_id, generation) SELECT " + id + ", " +
         id + ", " + id + ", 1" + from + "INSERT INTO observations SELECT " + id +
         ", true, 1, 1, '', '', 3, 1, true, 1, 1, 0, 0, "
         "'', 'Running', '', '{}', '{}', now()" +
         from + "ANALYZE";
}

double ThreadCpu() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

struct Cost {
  double cpu_ms, median_ms, statements;
  size_t bytes;
};

class Listing {
 public:
  Listing(ScratchPostgres& postgres, int count) : postgres_(postgres) {
    postgres.Do(
        "SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    postgres.Do("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
    postgres.Do(Schema());
    postgres.Do(Applications(count));
  }

  // Of one answer, after `before` each.
  Cost Measure(const std::function<void()>& before) {
    Answer();  // sessions are open, statements prepared
    Answer();
    Answer();
    (void)postgres_.Statements();
    Cost cost{};
    std::vector<double> took;
    double cpu = 0;
    for (int i = 0; i < kRuns; ++i) {
      before();
      const Moment begin = Now();
      const double spent = ThreadCpu();
      cost.bytes = Answer();
      cpu += ThreadCpu() - spent;
      took.push_back(SecondsSince(begin) * 1e3);
    }
    cost.cpu_ms = cpu * 1e3 / kRuns;
    cost.median_ms = Quantile(took, 0.5);
    cost.statements = static_cast<double>(postgres_.Statements()) / kRuns;
    return cost;
  }
  void Change(int number) {
    const std::string text = std::to_string(number);
    const Status changed = store_.store().apps.SetDesired(
        AppId(std::string(22 - text.size(), '0') + text), model::DesiredState::kRunning, true);
    if (!changed.ok()) throw std::runtime_error(changed.ToString());
  }
  void Forget() { dispatcher_.emplace(api::Settings(), parts_); }

 private:
  size_t Answer() {
    const auto answer = dispatcher_->Invoke({}, {true, 0, 0, "", {}}, kMethod, kAll);
    if (!answer.ok()) throw std::runtime_error(answer.status().ToString());
    return answer->size();
  }

  ScratchPostgres& postgres_;
  store::PgStore store_{{.connection = postgres_.connection()},
                        Sealer("key-1", Secret(std::string(32, 's'))),
                        SystemRandom()};
  NoGit git_;
  NoOutputs outputs_;
  const api::Parts parts_{store_.store(), git_, outputs_, SystemClock(), SystemRandom()};
  std::optional<api::Dispatcher> dispatcher_{std::in_place, api::Settings(), parts_};
};

void Print(int count, const char* what, const Cost& cost) {
  std::printf("GetApplications, %4d, %-18s %8.3f ms CPU  %8.3f ms  %5.1f statements  %7zu bytes\n",
              count, what, cost.cpu_ms, cost.median_ms, cost.statements, cost.bytes);
}

int Run() {
  const auto postgres = ScratchPostgres::Start();
  if (!postgres) {
    std::puts("GetApplications: PostgreSQL 15 is not installed");
    return 0;
  }
  for (const int count : {10, 100, 1000}) {
    Listing listing(*postgres, count);
    Print(count, "nothing changed", listing.Measure([] {}));
    int next = 0;
    Print(count, "one changed", listing.Measure([&] { listing.Change(1 + next++ % count); }));
    Print(count, "nothing kept", listing.Measure([&] { listing.Forget(); }));
  }
  return 0;
}

}  // namespace
}  // namespace ns::bench

int main() {
  try {
    return ns::bench::Run();
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
}
