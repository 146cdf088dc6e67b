// What happened in a run: hashed always, printed when asked for.
#pragma once

#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace ns::sim {

class Trace {
 public:
  explicit Trace(bool print) : print_(print) {}

  void Add(Duration at, std::initializer_list<std::string_view> words) {
    Mix(static_cast<uint64_t>(at.count()));
    for (const std::string_view word : words) {
      for (const char c : word) Mix(static_cast<uint8_t>(c));
      Mix(0x100);
    }
    if (print_) Print(at, words);
  }
  uint64_t hash() const { return hash_; }

 private:
  void Mix(uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001b3ULL; }
  static void Print(Duration at, std::initializer_list<std::string_view> words) {
    std::string line;
    for (const std::string_view word : words) (line += ' ') += word;
    std::printf("%12.6f%s\n", static_cast<double>(at.count()) / 1e9, line.c_str());
  }

  const bool print_;
  uint64_t hash_ = 0xcbf29ce484222325ULL;
};

}  // namespace ns::sim
