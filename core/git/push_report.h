// What Git answers to a push, read on its way to the client. Source: gitprotocol-pack(5), "Report
// Status".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"
#include "git/packet.h"

namespace ns::git {

class PushReport {
 public:
  // `side_band`: as the client asked for it.
  void Feed(std::string_view bytes, bool side_band);
  // What Git says beside the report.
  void Complain(std::string_view text);

  // Whether a report of somebody else may follow: nothing of Git's own has begun, nor a packet.
  bool may_follow() const { return !begun_ && outer_.between(); }
  // Whether a ref was changed.
  bool took_any() const { return taken_ > 0; }
  // Why Git refused all, or the first ref that it refused. Ok: it refused none. "PushTooLarge",
  // "ObjectsRefused", "PackRefused", "RefRefused".
  Status Refused() const;

 private:
  void TakeLines();
  void TakeLine(std::string_view line);

  PacketReader outer_, lines_;
  bool begun_ = false;  // the report
  std::string unpack_;  // why it failed
  std::string first_;   // ref that was refused, and why
  std::string said_;
  size_t taken_ = 0;
};

}  // namespace ns::git
