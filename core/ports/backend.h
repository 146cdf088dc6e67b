// Where applications run.
#pragma once

#include <functional>
#include <vector>

#include "base/status.h"
#include "model/deploy.h"
#include "model/usage.h"
#include "ports/call.h"

namespace ns::ports {

struct LogQuery {
  AppId app;
  Time before = kNever;  // exclusive; kNever: now
  Time since = kNever;   // inclusive
  int limit = 100;       // newest lines before `before`
};

// One backend instance. Calls block. Two calls for one application never run at once; different
// applications may.
class Backend {
 public:
  virtual ~Backend() = default;
  // Makes the application as asked. Idempotent; kStale for a fence lower than the highest seen,
  // also after Remove. A failure leaves what served before serving. The outcome says where it
  // stands now, whether it succeeded or not.
  virtual Status Apply(const Call& call, const model::DesiredApp& app) = 0;
  // Removes all that bears this application's mark and remembers the fence. kStale as above.
  virtual Status Remove(const Call& call, const AppId& app, const model::Fence& fence) = 0;
  // Looks, changes nothing. "Could not look" is a failure, never an empty answer.
  virtual Result<model::ObservedApp> Observe(const Call& call, const AppId& app) = 0;
  // As Observe, of many at once; may run beside other calls. Those that cannot be told of that way
  // are left out and are to be observed. kUnsupported where the backend can only look one by one.
  virtual Result<std::vector<model::ObservedApp>> Survey(const Call& call,
                                                         const std::vector<AppId>& apps) = 0;
  // Tells which applications changed until cancelled; an empty id: any may have (said whenever
  // looking begins again). kUnsupported where the platform cannot.
  virtual Status Watch(const Call& call, const std::function<void(const AppId&)>& changed) = 0;
  // Ascending by time; as many as one answer holds, which newest_lines.h tells.
  virtual Result<std::vector<model::LogLine>> Logs(const Call& call, const LogQuery& query) = 0;
  // What every running replica of every application there has used; may run beside other calls.
  // kUnsupported where the backend cannot tell.
  virtual Result<std::vector<model::ReplicaUsage>> Usages(const Call& call) = 0;
};

}  // namespace ns::ports
