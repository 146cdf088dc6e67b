// HTTP load on one host name while a test changes what answers it.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ns::testing {

// Keep-alive clients, clients of one request a connection, and clients of /slow. What is not a 2xx
// is kept as a complaint; so is a version (X-Version) older than one that had been answered before
// the request was sent.
class Load {
 public:
  // `slow`: clients of /slow, which takes 3 s.
  Load(int port, std::string host, int slow = 3);
  ~Load() { End(); }
  void End();

  int answered() const { return answered_; }
  int newest_version() const { return newest_; }
  std::vector<std::string> complaints();

 private:
  void Client(const std::string& path, bool keep_alive);
  void Judge(int version_before, int status, const std::string& version, const std::string& what);

  const std::string url_, host_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> answered_ = 0, newest_ = 0;
  std::mutex mutex_;
  std::vector<std::string> complaints_;
  std::vector<std::thread> threads_;
};

}  // namespace ns::testing
