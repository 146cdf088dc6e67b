// Requests of the list without a pause, while something is done to the servers.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "http_get.h"
#include "requests.h"

namespace ns::sites {

// Those of the list that every server answers alike and that need no other answer first.
std::vector<Expected> AlikeRequests();

// What of the answer to `row` is not as it says: status, headers, body; empty: nothing. Keeps its
// connection, and asks again on a new one where an idle one was ended before the answer began, as
// the router does.
std::string Difference(std::unique_ptr<Connection>& connection, const std::string& address,
                       const Expected& row);

// From its making to its end; every tenth request is on a new connection. The first `told` failures
// are failures of the test.
class Load {
 public:
  explicit Load(const std::string& address, int threads = 1, int64_t told = 5);
  ~Load() { Stop(); }

  void Stop() { threads_.clear(); }
  int64_t sent() const { return sent_; }
  int64_t failed() const { return failed_; }
  // Of those: nobody answered, also on a new connection.
  int64_t dropped() const { return dropped_; }

 private:
  void Send(const std::stop_token& stop, size_t first);

  const std::string address_;
  const int64_t told_;
  const std::vector<Expected> rows_ = AlikeRequests();
  std::atomic<int64_t> sent_ = 0, failed_ = 0, dropped_ = 0;
  std::vector<std::jthread> threads_;
};

}  // namespace ns::sites
