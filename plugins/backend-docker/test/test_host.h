// A host of a few lines around one plugin instance: loads the library, speaks its C tables, starts
// its helpers.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ns/abi/backend.h"
#include "ns/abi/entry.h"
#include "ns/abi/host_log.h"
#include "ns/abi/host_spawn.h"
#include "ns/sdk/backend.h"

namespace ns::testing {

// What a call came to.
struct Outcome {
  ns_status code = NS_OK;
  std::string reason, message;
  sdk::AppStatus status;  // the last one put
  bool has_status = false;
};

// Ends a call from another thread.
class Canceller {
 public:
  Canceller();
  ~Canceller();
  void Cancel();
  int fd() const { return fd_; }

 private:
  int fd_;
};

class TestHost {
 public:
  // `library`: the .so; `config`: JSON; `data`: an existing folder.
  TestHost(const std::string& library, const std::string& config, std::string installation,
           std::string data);
  ~TestHost();  // deactivates and destroys; helpers go on
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  Outcome Apply(const sdk::App& app, const Canceller* cancel = nullptr);
  Outcome Remove(const std::string& app, const sdk::Fence& fence);
  Outcome Observe(const std::string& app);
  Outcome Watch(const Canceller& cancel, const std::function<void(const std::string&)>& changed);
  struct Line {
    std::string text;
    bool is_stderr;
    sdk::UtcTime at;
  };
  Outcome Logs(const std::string& app, int limit, std::vector<Line>& lines,
               std::optional<sdk::UtcTime> before = {});

  // By application, the bytes of memory of its replicas.
  Outcome Usages(std::map<std::string, int64_t>& memory);

  // Ends every helper that any TestHost of this process started.
  static void EndHelpers();
  // From now on helpers of another process are waited for, and none are started.
  static void AdoptHelpers();
  static int64_t HelperPid(const std::string& name);

 private:
  void* library_ = nullptr;
  std::string installation_, data_;
  ns_host host_{};
  const ns_module* module_ = nullptr;
  const ns_backend* backend_ = nullptr;
  ns_plugin* plugin_ = nullptr;
};

}  // namespace ns::testing
