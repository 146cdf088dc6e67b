// Decides what each request is: a call of the API, a raw entry, or something to refuse.
#pragma once

#include <vector>

#include "call.h"
#include "cors.h"

namespace ns::gateway {

// Who comes in at a listening socket.
enum class Door {
  kStrangers,  // all but what is for operators
  kOperators,  // that alone
  kMachine     // a Unix socket: all of it
};

class Front final : public http::Service {
 public:
  // Both outlive it.
  Front(const Edge& edge, const std::vector<sdk::RawEntry>& entries, Door door)
      : edge_(edge), entries_(entries), cors_(edge.settings.cors_origins), door_(door) {}

  std::shared_ptr<http::Handler> Begin(http::Head head, const sdk::Peer& peer,
                                       http::Answering& answering) override;
  std::pair<http::ResponseHead, std::string> Unreadable(int status, std::string why) override;

 private:
  const sdk::RawEntry* EntryOf(std::string_view path) const;

  const Edge& edge_;
  const std::vector<sdk::RawEntry>& entries_;
  const Cors cors_;
  const Door door_;
};

}  // namespace ns::gateway
