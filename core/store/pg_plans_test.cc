// How PostgreSQL answers where there are many rows.
#include <gmock/gmock.h>

#include <cstdio>

#include "store/connection.h"
#include "store/listing_rows.h"
#include "store/testing/test_postgres.h"

namespace ns::store {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::Postgres;
using namespace std::chrono_literals;

// 1,000 applications of 50 repositories with 100 builds each, of as many commits.
constexpr char kManyBuilds[] =
    "SET session_replication_role = replica;"  // without triggers: none is asked about here
    "INSERT INTO repositories (id, name, url) SELECT 'r' || n, 'r', 'https://git.test/' || n FROM "
    "generate_series(0, 49) AS n;"
    "INSERT INTO applications (id, name, repository_id, ref, commit_hash) SELECT 'a' || n, 'a', "
    "'r' || n % 50, 'main', md5('head' || n) FROM generate_series(0, 999) AS n;"
    "INSERT INTO builds (id, application_id, commit_hash, build_key, status, finished_at) SELECT "
    "'b' || n, 'a' || n % 1000, md5('commit' || n), 'k' || n, 2, now() FROM generate_series(0, "
    "99999) AS n;"
    "ANALYZE";

std::string TextOf(const Rows& rows) {
  std::string out;
  for (int i = 0; i < rows.size(); ++i) {
    std::string line;
    Row row = rows[i];
    row >> line;
    out += line + "\n";
  }
  return out;
}

// Some 200 hashes are asked about at once.
TEST(PgPlans, PlacesOfCommits_AreFoundByTheIndexOfCommits) {
  const std::string connection = Postgres().NewDatabase();
  Postgres().Execute(connection, kManyBuilds);
  auto session = Connection::Open(connection, 10s, 60s).value();
  std::vector<std::string> commits;
  const Rows some =
      session->Run("SELECT commit_hash FROM builds WHERE number % 500 = 0 ORDER BY number").value();
  for (int i = 0; i < some.size(); ++i) {
    Row row = some[i];
    row >> commits.emplace_back();
  }
  ASSERT_EQ(commits.size(), 200u);
  const Params params = Params::Of(commits);
  EXPECT_EQ(session->Run(kPlacesOfCommits, params)->size(), 200);
  const std::string plan =
      TextOf(session->Run(std::string("EXPLAIN (ANALYZE) ") + kPlacesOfCommits, params).value());
  std::printf("%s", plan.c_str());
  EXPECT_THAT(plan, HasSubstr("builds_of_commit"));
  EXPECT_THAT(plan, Not(HasSubstr("Seq Scan on builds")));
}

}  // namespace
}  // namespace ns::store
