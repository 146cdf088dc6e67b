#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {
namespace {

class FakeUsage final : public UsageStore {
 public:
  explicit FakeUsage(FakeRows& rows) : rows_(rows) {}

  Status Put(const model::UsageBatch& batch, Duration keep) override {
    return rows_.Read([&](FakeState& rows, Time) -> Status {
      std::erase_if(rows.usage, [&](const model::UsageBatch& one) {
        return Same(one, batch) && one.at + keep <= batch.at;
      });
      const bool told = std::ranges::any_of(
          rows.usage, [&](const auto& one) { return Same(one, batch) && one.at == batch.at; });
      if (told) return {Code::kExists, "it is told already"};
      rows.usage.push_back(batch);
      return {};
    });
  }

  Result<bool> Told(const std::string& backend, std::chrono::seconds span, Time at) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<bool> {
      return std::ranges::any_of(rows.usage, [&](const model::UsageBatch& one) {
        return one.backend == backend && one.span == span && one.at == at;
      });
    });
  }

  Result<std::vector<model::UsagePoint>> Series(const std::string& backend, const AppId& app,
                                                Time from, Time until) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<model::UsagePoint>> {
      std::vector<model::UsagePoint> points;
      for (const model::UsageBatch& batch : rows.usage) {
        if (batch.backend != backend || batch.at < from || batch.at >= until) continue;
        for (const auto& [id, usage] : batch.apps) {
          if (id == app) points.push_back({batch.at, batch.span, usage});
        }
      }
      return points;
    });
  }

 private:
  static bool Same(const model::UsageBatch& one, const model::UsageBatch& other) {
    return one.backend == other.backend && one.span == other.span;
  }

  FakeRows& rows_;
};

}  // namespace

std::unique_ptr<UsageStore> NewFakeUsage(FakeRows& rows) {
  return std::make_unique<FakeUsage>(rows);
}

}  // namespace ns::ports::testing
