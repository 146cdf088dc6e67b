// What is known of a helper on disk, for every process of the installation.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "supervise/fd.h"
#include "supervise/process.h"

namespace ns::supervise {

struct Record {
  ProcessId id;
  std::string hash;     // of the description it runs with
  std::string program;  // for people
  Time started = kNever;
  int stop_signal = 15;
  Duration stop_grace{};
  bool confirmed = false;  // the program began
  bool stopped = false;    // on request: nobody starts it but by Ensure
};

// The files of one helper in the folder of a supervisor.
class HelperFiles {
 public:
  HelperFiles(std::string folder, std::string name)
      : base_(std::move(folder) + "/" + name), name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  std::string log() const { return base_ + ".log"; }
  // Holds the lock of this helper until it is closed; waits for it. kUnavailable.
  Result<Fd> TakeLock() const;
  // Nothing when there is none or it cannot be understood.
  std::optional<Record> Read() const;
  // Replaces the record as a whole.
  Status Write(const Record& record) const;

 private:
  std::string base_, name_;
};

// Names of all helpers with a record in `folder`, sorted.
std::vector<std::string> RecordedNames(const std::string& folder);

}  // namespace ns::supervise
