// What the targets share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

// One input. Always 0, as libFuzzer has it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ns::fuzz {

// The name of the file that is replayed; empty while libFuzzer makes inputs. What libFuzzer finds
// is named by its hash, what a person wrote by what it is for.
inline std::string_view replayed;

inline std::string_view Bytes(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// What stands before `end`, which is taken off too; all where there is none.
inline std::string_view TakeUntil(std::string_view& rest, std::string_view end) {
  const size_t at = rest.find(end);
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + end.size());
  return taken;
}

// Ends the process, which is how a target says that it has found something.
inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace ns::fuzz
