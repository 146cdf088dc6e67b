#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {
namespace {

class FakeTotals final : public TotalsStore {
 public:
  explicit FakeTotals(FakeRows& rows) : rows_(rows) {}

  Result<model::Totals> Count() override {
    return rows_.Read([](FakeState& rows, Time now) -> Result<model::Totals> {
      model::Totals totals;
      std::map<std::pair<model::DesiredState, model::ContainerState>, int64_t> apps;
      for (const auto& [id, row] : rows.apps) {
        if (!row.holder.empty()) ++totals.held[row.holder];
        if (row.app.deleted)
          ++totals.tombstones;
        else
          ++apps[{row.app.desired,
                  row.observed ? row.observed->container : model::ContainerState::kMissing}];
      }
      for (const auto& [state, count] : apps)
        totals.apps.push_back({state.first, state.second, count});
      CountBuilds(rows, now, totals);
      return totals;
    });
  }

 private:
  static void CountBuilds(const FakeState& rows, Time now, model::Totals& totals) {
    for (const auto& [id, row] : rows.builds) {
      totals.building += row.build.status == model::BuildStatus::kBuilding;
      if (row.build.status != model::BuildStatus::kQueued) continue;
      ++totals.queued;
      totals.longest_queued = std::max<Duration>(totals.longest_queued, now - row.build.queued_at);
    }
  }

  FakeRows& rows_;
};

}  // namespace

std::unique_ptr<TotalsStore> NewFakeTotals(FakeRows& rows) {
  return std::make_unique<FakeTotals>(rows);
}

}  // namespace ns::ports::testing
