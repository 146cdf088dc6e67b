// Stands between a plugin and its Docker Engine, and breaks what a test wants broken.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ns::testing {

class EngineBetween {
 public:
  // What becomes of a question for the counters of one container.
  enum class Fate {
    kRefused,  // the Engine's answer is a failure
    kSilent,   // there is none
  };

  // Listens at `path`; the Engine is at its usual place.
  explicit EngineBetween(const std::string& path);
  ~EngineBetween();
  EngineBetween(const EngineBetween&) = delete;
  EngineBetween& operator=(const EngineBetween&) = delete;

  // From now on the processes of containers cannot be told, as from within a container.
  void HideProcesses() { hidden_ = true; }
  void Break(const std::string& container, Fate fate);

 private:
  void Accept();
  void Carry(int client, int engine);
  // False: the connection is over.
  bool Ask(int client, int engine);
  bool Answer(int engine, int client) const;

  const std::string path_;
  int listener_;
  std::atomic<bool> ended_ = false, hidden_ = false;
  std::mutex mutex_;
  std::string broken_;
  Fate fate_ = Fate::kRefused;
  std::vector<std::jthread> carriers_;
  std::jthread accepts_;
};

}  // namespace ns::testing
