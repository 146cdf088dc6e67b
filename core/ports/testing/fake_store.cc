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
      hosts_(NewFakeHosts(*rows_)),
      sites_(NewFakeSites(*rows_)),
      detections_(NewFakeDetections(*rows_)),
      usage_(NewFakeUsage(*rows_)),
      totals_(NewFakeTotals(*rows_)),
      hints_(NewFakeHints(*rows_)) {}

FakeStore::~FakeStore() = default;

Store FakeStore::store() {
  return {*repositories_, *apps_,  *deploys_, *retention_,  *builds_, *logs_,   *events_,
          *users_,        *hosts_, *sites_,   *detections_, *usage_,  *totals_, *hints_};
}

void FakeStore::FailWith(Status status) {
  rows_->state.With([&](FakeState& rows) { rows.failure = std::move(status); });
}

std::vector<model::Event> FakeStore::Events() {
  return rows_->state.With([](FakeState& rows) { return rows.events; });
}

}  // namespace ns::ports::testing
