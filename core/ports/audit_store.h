// Who asked for what, and what became of it.
#pragma once

#include <string>
#include <vector>

#include "model/audit.h"

namespace ns::ports {

// Which of them; what is empty or kNever tells none apart.
struct AuditQuery {
  bool all = false;  // else what `viewer` did, and what is about one of `owned`
  UserId viewer;
  std::vector<std::string> owned;       // ids of applications and repositories
  std::string user;                     // id, or name in any case
  std::string object;                   // id of the object, application, repository or result
  std::string method;                   // "package.Service/Method", or "Method" of any service
  Time since = kNever, until = kNever;  // from this moment on, and before that one
  int64_t before = 0;                   // cursor: only older ones; 0: from the newest
  int limit = 100;
};

// Append-only; RetentionStore::DropEvents removes what is old. [any-thread]
class AuditStore {
 public:
  virtual ~AuditStore() = default;
  // It happened `ago`. Told twice (the same `call`), it is there once.
  virtual Status Append(const model::AuditEvent& event, Duration ago) = 0;
  // Newest first.
  virtual Result<std::vector<model::AuditEvent>> List(const AuditQuery& query) = 0;
};

}  // namespace ns::ports
