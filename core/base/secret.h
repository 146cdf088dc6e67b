// A value that must not be logged, and is wiped when it goes.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace ns {

// Overwrites `size` bytes in a way the compiler keeps.
void Wipe(void* data, size_t size);

// Holds a secret text. There is no stream operator and no conversion: `Reveal()` is the one way
// out, easy to search for.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(Secret&&) noexcept = default;
  ~Secret() { Wipe(value_.data(), value_.size()); }

  const std::string& Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  std::string value_;
};

}  // namespace ns
