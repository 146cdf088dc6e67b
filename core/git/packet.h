// Git's packet lines. Source: gitprotocol-common(5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace ns::git {

// A packet line: its length in four hex digits, then `text`.
std::string PacketLine(std::string_view text);

struct Packet {
  bool flush = false;  // "0000", which has no text
  std::string text;
};

// Cuts what comes in any pieces into packets.
class PacketReader {
 public:
  void Feed(std::string_view bytes);
  // The next one; nothing where none has come in full. kInvalid: these are no packets.
  Result<std::optional<Packet>> Next();
  // Nothing has come of the next one.
  bool between() const { return at_ == left_.size(); }

 private:
  std::string left_;
  size_t at_ = 0;  // what is in front of it was given
};

}  // namespace ns::git
