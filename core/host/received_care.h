// Keeps the repositories that were pushed to this machine in order.
#pragma once

#include <string>
#include <thread>

#include "base/clock.h"
#include "ports/git_receive.h"
#include "ports/received_store.h"

namespace ns::host {

// Removes the folders of those that are gone, packs those that have grown, and tells others where
// this machine is reached.
class ReceivedCarer {
 public:
  // All outlive it. `host`: the name of this machine; `address`: as ports::Received has it.
  ReceivedCarer(ports::ReceivedStore& store, ports::GitReceive& git, std::string host,
                std::string address, Clock& clock);

  // One round. `tidy`: also what takes long. One that fails does not keep the others waiting; the
  // first failure is told.
  Status Look(const ports::Call& call, bool tidy) const;

 private:
  ports::ReceivedStore& store_;
  ports::GitReceive& git_;
  const std::string host_, address_;
  Clock& clock_;
};

// Looks again and again, on a thread of its own.
class ReceivedCare {
 public:
  ReceivedCare(ReceivedCarer carer, Clock& clock);

 private:
  void Run(const std::stop_token& stop);

  const ReceivedCarer carer_;
  Clock& clock_;
  std::jthread thread_;
};

}  // namespace ns::host
