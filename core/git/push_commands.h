// The beginning of a push: which refs shall become what. Sources: gitprotocol-pack(5),
// gitprotocol-common(5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "git/packet.h"

namespace ns::git {

class PushCommands {
 public:
  explicit PushCommands(size_t most) : most_(most) {}

  // The next bytes of the request, before they reach Git. kInvalid: no packet lines; kExhausted:
  // more than `most` refs, or longer than those could be.
  Status Feed(std::string_view bytes);
  bool complete() const { return complete_; }
  // The answer is in packets of its own that say what each is about.
  bool side_band() const { return side_band_; }
  // Refs, as they came, and how many of them shall be new.
  const std::vector<std::string>& refs() const { return refs_; }
  size_t created() const { return created_; }
  // An answer that refuses them all and says why, such that the client shows it.
  std::string Refusal(const std::string& why) const;

 private:
  Status TakeLine(std::string_view line);

  const size_t most_;
  PacketReader packets_;
  bool complete_ = false;
  bool side_band_ = false;
  std::vector<std::string> refs_;
  size_t created_ = 0;
};

}  // namespace ns::git
