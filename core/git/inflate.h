// A body that came with Content-Encoding: gzip.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace ns::git {

class Inflate {
 public:
  Inflate();
  ~Inflate();
  Inflate(const Inflate&) = delete;
  Inflate& operator=(const Inflate&) = delete;

  // Appends what the next bytes become, `room` bytes at most: more is kExhausted. kInvalid: they
  // are no gzip.
  Status Feed(std::string_view bytes, size_t room, std::string& out);

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace ns::git
