// Whether a tar archive that goes by in pieces is whole.
#pragma once

#include <cstdint>
#include <string_view>

namespace ns::engine {

// An archive is blocks of 512 bytes, and ends with two that are empty. One that was cut off lacks
// them, whatever it was sent through.
class TarEnd {
 public:
  void Take(std::string_view piece);
  bool Whole() const { return bytes_ % 512 == 0 && zeros_ >= 1024; }
  int64_t bytes() const { return bytes_; }

 private:
  int64_t bytes_ = 0, zeros_ = 0;  // zeros_: at the end so far
};

}  // namespace ns::engine
