#include "base/ascii.h"
#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {
namespace {

bool Seen(const AuditQuery& query, const model::AuditEvent& event) {
  const auto owned = [&](const std::string& id) {
    return !id.empty() && std::ranges::find(query.owned, id) != query.owned.end();
  };
  return query.all || event.user == query.viewer || owned(event.app.str()) ||
         owned(event.repository.str());
}

bool Wanted(const AuditQuery& query, const model::AuditEvent& event) {
  const auto& object = query.object;
  const bool about = object.empty() || object == event.object_id || object == event.app.str() ||
                     object == event.repository.str() || object == event.result_id;
  const bool by = query.user.empty() || query.user == event.user.str() ||
                  Lowered(query.user) == Lowered(event.user_name);
  const bool of = query.method.empty() || query.method == event.method ||
                  event.method.ends_with("/" + query.method);
  const bool then = (query.since == kNever || event.at >= query.since) &&
                    (query.until == kNever || event.at < query.until);
  return about && by && of && then && (query.before == 0 || event.cursor < query.before);
}

class FakeAudit final : public AuditStore {
 public:
  explicit FakeAudit(FakeRows& rows) : rows_(rows) {}

  Status Append(const model::AuditEvent& event, Duration ago) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Status {
      for (const model::AuditEvent& known : rows.audit) {
        if (known.call == event.call) return {};
      }
      rows.audit.push_back(event);
      rows.audit.back().cursor = ++rows.last_number;
      rows.audit.back().at = now - std::chrono::duration_cast<std::chrono::microseconds>(ago);
      return {};
    });
  }

  Result<std::vector<model::AuditEvent>> List(const AuditQuery& query) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<model::AuditEvent>> {
      std::vector<model::AuditEvent> out;
      for (auto event = rows.audit.rbegin(); event != rows.audit.rend(); ++event) {
        if (std::ssize(out) == query.limit) break;
        if (Seen(query, *event) && Wanted(query, *event)) out.push_back(*event);
      }
      return out;
    });
  }

 private:
  FakeRows& rows_;
};

class FakeRepeats final : public RepeatStore {
 public:
  explicit FakeRepeats(FakeRows& rows) : rows_(rows) {}

  Result<Repeat> Begin(const RepeatableCall& call, const std::string& token, Duration lease,
                       Duration keep) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<Repeat> {
      std::erase_if(rows.repeats, [&](const auto& one) { return one.second.expires <= now; });
      const auto after = [&](Duration wait) {
        return now + std::chrono::duration_cast<std::chrono::microseconds>(wait);
      };
      const FakeRepeat fresh{call.fingerprint, token, after(lease), after(keep), {}};
      const auto [known, added] = rows.repeats.try_emplace({call.user, call.key}, fresh);
      if (added) return Repeat{Repeat::State::kFirst, {}};
      if (known->second.fingerprint != call.fingerprint) return Repeat{Repeat::State::kOther, {}};
      if (!known->second.answer.empty())
        return Repeat{Repeat::State::kAnswered, known->second.answer};
      if (known->second.lease_expires > now) return Repeat{Repeat::State::kUnderWay, {}};
      known->second = fresh;
      return Repeat{Repeat::State::kFirst, {}};
    });
  }

  Status Finish(const RepeatableCall& call, const std::string& token,
                const Secret& answer) override {
    return rows_.Read([&](FakeState& rows, Time) -> Status {
      const auto known = rows.repeats.find({call.user, call.key});
      if (known == rows.repeats.end() || known->second.token != token)
        return Stale("somebody else has the call");
      known->second.answer = answer;
      return {};
    });
  }

  Status Abandon(const RepeatableCall& call, const std::string& token) override {
    return rows_.Read([&](FakeState& rows, Time) -> Status {
      const auto known = rows.repeats.find({call.user, call.key});
      const bool ours = known != rows.repeats.end() && known->second.token == token;
      if (ours && known->second.answer.empty()) rows.repeats.erase(known);
      return {};
    });
  }

 private:
  FakeRows& rows_;
};

}  // namespace

std::unique_ptr<AuditStore> NewFakeAudit(FakeRows& rows) {
  return std::make_unique<FakeAudit>(rows);
}
std::unique_ptr<RepeatStore> NewFakeRepeats(FakeRows& rows) {
  return std::make_unique<FakeRepeats>(rows);
}

}  // namespace ns::ports::testing
