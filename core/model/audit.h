#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/id.h"
#include "base/status.h"

namespace ns::model {

// One call of the API that writes, or was refused to. Holds nothing of what was sent but ids.
struct AuditEvent {
  int64_t cursor = 0;       // grows; set by the store
  Time at = kNever;         // set by the store
  std::string call;         // id of the call, no two have one
  std::string request;      // the caller's own id of the request, or `call`
  UserId user;              // empty: nobody known
  std::string user_name;    // as it was then; empty: nobody known
  std::string via;          // "socket", "proxy", "token", "identity-token"; empty: nothing proved
  std::string credential;   // id of the API token; empty: none
  std::string address;      // of the peer; empty: the Unix socket
  std::string method;       // "package.Service/Method"
  std::string object_kind;  // "application", "repository", "build", "artifact", or empty
  std::string object_id;    // that the request names; empty: none
  AppId app;                // that it is about, or that was made; empty: none
  RepositoryId repository;  // the same
  std::string result_id;    // of what the answer names; empty: none, or refused
  Code code = Code::kOk;
  std::string reason;  // why it was refused; "Repeated": the kept answer was given again
  friend bool operator==(const AuditEvent&, const AuditEvent&) = default;
};

}  // namespace ns::model
