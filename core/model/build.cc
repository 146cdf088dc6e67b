#include "model/build.h"

namespace ns::model {

std::string Image::Pinned() const {
  if (digest.empty()) return {};
  const size_t slash = reference.rfind('/');
  const size_t colon = reference.find(':', slash == std::string::npos ? 0 : slash);
  return reference.substr(0, colon) + "@" + digest;
}

}  // namespace ns::model
