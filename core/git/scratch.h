// Files that are filled before they get their name in a checkout.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "supervise/fd.h"

namespace ns::git {

// Stands at the top of the checkout, where no entry of the tree is named as it is; removed unless
// it becomes one. Failures are the platform's fault.
class Scratch {
 public:
  // `number`: the last one whose name was free, since a tree may hold many such names.
  static Result<Scratch> Make(int top, uint64_t& number);
  Scratch(Scratch&& other) noexcept;
  ~Scratch();

  Status Write(std::string_view bytes);
  // Back to no bytes.
  Status Clear();
  Result<Scratch> Copy(uint64_t& number) const;
  // Replaces the file at `path` below the top, through no link.
  Status Become(const std::string& path, mode_t mode);

 private:
  Scratch(int top, std::string name, supervise::Fd fd);

  int top_;
  std::string name_;
  supervise::Fd fd_;
};

}  // namespace ns::git
