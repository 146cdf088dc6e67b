#include "engine/tar_end.h"

namespace ns::engine {

void TarEnd::Take(std::string_view piece) {
  const size_t last = piece.find_last_not_of('\0');
  const bool empty = last == std::string_view::npos;
  const auto zeros = static_cast<int64_t>(empty ? piece.size() : piece.size() - last - 1);
  zeros_ = empty ? zeros_ + zeros : zeros;
  bytes_ += static_cast<int64_t>(piece.size());
}

}  // namespace ns::engine
