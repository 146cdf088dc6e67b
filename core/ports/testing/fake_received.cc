#include <map>

#include "ports/received_store.h"
#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {
namespace {

class FakeReceived final : public ReceivedStore {
 public:
  FakeReceived(FakeRows& rows, RepositoryStore& repositories)
      : rows_(rows), repositories_(repositories) {}

  Status Insert(const model::Repository& repository, const Received& place,
                const UserId& actor) override {
    NS_TRY(rows_.Read([&](FakeState&, Time) -> Status {
      if (!received_.contains(place.name)) return {};
      return Status(Code::kExists, "the name " + place.name + " is taken");
    }));
    NS_TRY(repositories_.Insert(repository, actor));
    return rows_.Read([&](FakeState&, Time) -> Status {
      Received& made = received_[place.name] = place;
      made.repository = repository.id;
      made.gone = false;
      return {};
    });
  }

  Result<Received> Find(const std::string& name) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<Received> {
      const auto found = received_.find(name);
      if (found == received_.end() || !rows.repositories.contains(found->second.repository))
        return NotFound("there is no repository \"" + name + "\" that is pushed to");
      return found->second;
    });
  }

  Result<std::vector<Received>> On(const std::string& host) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<Received>> {
      std::vector<Received> all;
      for (const auto& [name, one] : received_) {
        if (one.host != host) continue;
        all.push_back(one);
        all.back().gone = !rows.repositories.contains(one.repository);
      }
      return all;
    });
  }

  Status SetAddress(const std::string& host, const std::string& address) override {
    return rows_.Read([&](FakeState&, Time) -> Status {
      for (auto& [name, one] : received_) {
        if (one.host == host) one.address = address;
      }
      return {};
    });
  }

  Status Forget(const std::string& name) override {
    return rows_.Read([&](FakeState& rows, Time) -> Status {
      const auto found = received_.find(name);
      if (found == received_.end()) return {};
      if (rows.repositories.contains(found->second.repository))
        return Status(Code::kPrecondition, "the repository \"" + name + "\" is not gone");
      received_.erase(found);
      return {};
    });
  }

 private:
  FakeRows& rows_;
  RepositoryStore& repositories_;
  std::map<std::string, Received> received_;  // by the lock of the rows
};

}  // namespace

std::unique_ptr<ReceivedStore> NewFakeReceived(FakeRows& rows, RepositoryStore& repositories) {
  return std::make_unique<FakeReceived>(rows, repositories);
}

}  // namespace ns::ports::testing
