#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {
namespace {

Time After(Time now, Duration wait) {
  return now + std::chrono::duration_cast<std::chrono::microseconds>(wait);
}

bool Free(const FakeState& rows, const FakeDetection& one, const HostId& host, Time now) {
  return one.host.empty() || one.host == host || one.lease_expires <= now ||
         !rows.Alive(one.host, now);
}

class FakeDetections final : public DetectionStore {
 public:
  explicit FakeDetections(FakeRows& rows) : rows_(rows) {}

  Result<DetectionId> Ask(const RepositoryId& repository, const std::string& commit) override {
    return rows_.Write([&](FakeState& rows, Time now, HintList& hints) -> Result<DetectionId> {
      std::erase_if(rows.detections,
                    [&](const auto& one) { return After(one.asked, kDetectionKept) < now; });
      for (auto one = rows.detections.rbegin(); one != rows.detections.rend(); ++one) {
        const bool same = one->task.repository == repository && one->task.commit == commit;
        const bool failed = one->answer && !one->answer->failure.ok();
        if (same && !failed && After(one->asked, kDetectionShared) > now) return one->task.claim.id;
      }
      if (!rows.repositories.contains(repository)) return NoSuch("repository", repository.str());
      std::string number = std::to_string(++rows.last_number);
      FakeDetection made;
      made.task.claim.id = DetectionId(std::string(22 - number.size(), '0') + number);
      made.task.repository = repository;
      made.task.commit = commit;
      made.asked = now;
      rows.detections.push_back(made);
      hints.push_back({Hint::Kind::kDetection, made.task.claim.id.str()});
      return made.task.claim.id;
    });
  }

  Result<std::optional<DetectionTask>> Take(const HostId& host, Duration lease) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<std::optional<DetectionTask>> {
      FakeDetection* next = nullptr;
      for (FakeDetection& one : rows.detections) {
        if (one.answer || After(one.asked, kDetectionOpen) <= now || !Free(rows, one, host, now))
          continue;
        if (!next || (one.host == host && next->host != host)) next = &one;
      }
      if (!next) return std::optional<DetectionTask>();
      next->host = host;
      next->lease_expires = After(now, lease);
      next->task.claim.token = "token-" + std::to_string(++rows.last_number);
      return std::optional(next->task);
    });
  }

  Status Answer(const DetectionClaim& claim, const DetectionAnswer& answer) override {
    return rows_.Write([&](FakeState& rows, Time, HintList& hints) -> Status {
      for (FakeDetection& one : rows.detections) {
        if (one.task.claim != claim || one.answer) continue;
        one.answer = answer;
        if (!answer.failure.ok()) one.answer->found = {};
        hints.push_back({Hint::Kind::kDetection, claim.id.str()});
        return {};
      }
      return Stale("the question is somebody else's, or answered already");
    });
  }

  Result<std::optional<DetectionAnswer>> Read(const DetectionId& id) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::optional<DetectionAnswer>> {
      for (const FakeDetection& one : rows.detections) {
        if (one.task.claim.id == id) return one.answer;
      }
      return NoSuch("question", id.str());
    });
  }

 private:
  FakeRows& rows_;
};

}  // namespace

std::unique_ptr<DetectionStore> NewFakeDetections(FakeRows& rows) {
  return std::make_unique<FakeDetections>(rows);
}

}  // namespace ns::ports::testing
