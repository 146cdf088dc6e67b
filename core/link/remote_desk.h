// A builder's end: the desk of a controller on another machine.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "link/security.h"
#include "model/host.h"
#include "ports/build_desk.h"

namespace ns::link {

struct RemoteDeskOptions {
  std::vector<std::string> connect;  // controllers, "host:port" or "unix:/path"; tried in turn
  Identity identity;
  std::string process;                 // an id, new for each process
  std::function<model::Host()> state;  // slots and plugins, asked for every heartbeat
  std::function<void()> look;          // claims should be looked at
};

// Calls fail with kUnavailable while no controller is connected; one without a deadline has one of
// 10 s. [any-thread]
class RemoteDesk final : public ports::BuildDesk {
 public:
  // `random` and `clock` must outlive the desk.
  RemoteDesk(RemoteDeskOptions options, Random& random, Clock& clock);
  ~RemoteDesk() override;

  // Keeps a connection, and makes it again with growing, jittered waits between rounds through all
  // addresses, until a stop is requested.
  void Run(const std::stop_token& stop);
  bool connected() const;
  // The state has changed: the controller is told now.
  void Tell();

  Result<std::vector<model::Build>> Claimed(const ports::Call& call) override;
  Result<std::vector<Status>> Renew(const ports::Call& call,
                                    const std::vector<ports::Claim>& claims) override;
  Result<ports::BuildOrder> Order(const ports::Call& call, const ports::Claim& claim) override;
  Result<int64_t> AppendLog(const ports::Call& call, const ports::Claim& claim, int64_t offset,
                            std::string_view bytes) override;
  Status Phase(const ports::Call& call, const ports::Claim& claim, const std::string& phase,
               const std::string& message) override;
  Result<model::Image> PutArtifact(const ports::Call& call, const ports::Claim& claim,
                                   const ports::Digest& digest,
                                   const ports::ObjectSource& bytes) override;
  Status Settle(const ports::Call& call, const ports::Claim& claim,
                const model::BuildResult& result) override;
  Result<std::optional<ports::DetectionOrder>> TakeDetection(const ports::Call& call) override;
  Status AnswerDetection(const ports::Call& call, const ports::DetectionClaim& claim,
                         const ports::DetectionAnswer& answer) override;

 private:
  class Line;
  const std::unique_ptr<Line> line_;
};

}  // namespace ns::link
