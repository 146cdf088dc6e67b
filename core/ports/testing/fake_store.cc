#include "ports/testing/fake_store.h"

#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {

FakeStore::FakeStore(Clock& clock)
    : rows_(std::make_unique<FakeRows>(clock)),
      repositories_(NewFakeRepositories(*rows_)),
      apps_(NewFakeApps(*rows_)),
      deploys_(NewFakeDeploys(*rows_)),
      retention_(NewFakeRetention(*rows_)),
      builds_(NewFakeBuilds(*rows_)),
      logs_(NewFakeBuildLogs(*rows_)),
      events_(NewFakeEvents(*rows_)),
      users_(NewFakeUsers(*rows_)),
      user_keys_(NewFakeUserKeys(*rows_)),
      tokens_(NewFakeTokens(*rows_)),
      admins_(NewFakeAdmins(*rows_)),
      hosts_(NewFakeHosts(*rows_)),
      sites_(NewFakeSites(*rows_)),
      detections_(NewFakeDetections(*rows_)),
      audit_(NewFakeAudit(*rows_)),
      repeats_(NewFakeRepeats(*rows_)),
      usage_(NewFakeUsage(*rows_)),
      totals_(NewFakeTotals(*rows_)),
      listings_(NewFakeListings(*rows_)),
      received_(NewFakeReceived(*rows_, *repositories_)),
      hints_(NewFakeHints(*rows_)) {}

FakeStore::~FakeStore() = default;

Store FakeStore::store() {
  return {
      .repositories = *repositories_,
      .apps = *apps_,
      .deploys = *deploys_,
      .retention = *retention_,
      .builds = *builds_,
      .logs = *logs_,
      .events = *events_,
      .users = *users_,
      .user_keys = *user_keys_,
      .tokens = *tokens_,
      .admins = *admins_,
      .hosts = *hosts_,
      .sites = *sites_,
      .detections = *detections_,
      .usage = *usage_,
      .totals = *totals_,
      .listings = *listings_,
      .audit = *audit_,
      .repeats = *repeats_,
      .received = *received_,
      .hints = *hints_,
  };
}

void FakeStore::FailWith(Status status) {
  rows_->state.With([&](FakeState& rows) { rows.failure = std::move(status); });
}

void FakeStore::BreakSeal(const RepositoryId& id) {
  rows_->state.With([&](FakeState& rows) {
    model::GitCredentials& git = rows.repositories.at(id).credentials;
    git.password = git.ssh_private_key = Secret();
    git.seal_broken = true;
  });
}

std::vector<model::Event> FakeStore::Events() {
  return rows_->state.With([](FakeState& rows) { return rows.events; });
}

}  // namespace ns::ports::testing
