#include "form/canonical_path.h"

#include <string_view>

namespace ns::cli::form {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";
constexpr std::string_view kUnreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

char Upper(char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

std::string CanonicalPath(const std::string& path) {
  std::string out;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      out += path[i];
      continue;
    }
    if (i + 2 >= path.size()) return path;
    const size_t high = kHex.find(Upper(path[i + 1])), low = kHex.find(Upper(path[i + 2]));
    if (high == std::string_view::npos || low == std::string_view::npos) return path;
    const auto byte = static_cast<char>(high * 16 + low);
    if (kUnreserved.find(byte) != std::string_view::npos)
      out += byte;
    else
      out += {'%', kHex[high], kHex[low]};
    i += 2;
  }
  return out;
}

}  // namespace ns::cli::form
