// What the configurations of all engines have in common.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ns::engine {

struct Common {
  int concurrency = 1;                    // builds at once; more wait
  std::chrono::seconds timeout{30 * 60};  // of one build; at most 7 days
  int64_t memory = 0;                     // bytes; 0: none
  int64_t cpu_millis = 0;                 // thousandths of a CPU; 0: none
  int64_t disk = int64_t{20} << 30;       // bytes that a build may write; 0: no limit
  int64_t cache = 0;                      // bytes of layer cache to keep; 0: not said
};

struct Machine {
  int64_t memory = 0;  // bytes
  int cpus = 1;
};
Machine ThisMachine();

// A configuration that has been read. The functions below throw NS_E_INVALID with reason
// ConfigInvalid, naming the key and its value.
class ConfigText {
 public:
  // `engine`: its name, for what is wrong.
  ConfigText(std::string json, const std::string& engine);

  // Sizes are numbers of bytes or texts like "256M", times numbers of seconds or texts like "20s",
  // "30m", "1h". Memory and CPUs may also be a share of the machine: "50%". Limits that are not set
  // are half of `machine`.
  Common Limits(const Machine& machine) const;
  std::string Text(const char* name, const std::string& otherwise) const;
  int64_t Count(const char* name, int64_t otherwise) const;
  // Bytes.
  int64_t Size(const char* name, int64_t otherwise) const;

 private:
  const std::string json_;
};

}  // namespace ns::engine
