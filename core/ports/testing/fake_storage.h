// The Storage port in memory.
#pragma once

#include <map>
#include <string>

#include "base/mutex.h"
#include "ports/storage.h"

namespace ns::ports::testing {

// [any-thread]
class FakeStorage : public Storage {
 public:
  Status Put(const Call& call, const std::string& key, const Digest& digest,
             const ObjectSource& bytes) override;
  Status Get(const Call& call, const std::string& key, const ObjectRange& range,
             const ObjectSink& out) override;
  Result<ObjectInfo> Stat(const Call& call, const std::string& key) override;
  Status Remove(const Call& call, const std::string& key) override;
  Result<std::vector<ObjectInfo>> List(const Call& call, const ObjectQuery& query) override;
  Status Check(const Call& call) override;

  // From now on every method fails with `status` and does nothing; an ok status ends that.
  void FailWith(Status status);
  // Puts other bytes in the place of what is there, as a broken disk would.
  void Corrupt(const std::string& key, std::string bytes);

 private:
  // Whether the call may go on.
  Status Enter(const Call& call, const std::string& key);
  Result<std::string> Find(const std::string& key);

  struct State {
    std::map<std::string, std::string> objects;
    Status failure;
  };
  Guarded<State> state_;
};

}  // namespace ns::ports::testing
