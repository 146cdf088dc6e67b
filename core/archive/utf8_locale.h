// The encoding in which libarchive takes names, whatever the process was started with.
#pragma once

#include <locale.h>

#include "base/status.h"

namespace ns::archive {

// While it lives, this thread's characters are UTF-8. Without it libarchive cannot read the names
// of a pax header in a process that has set no locale.
class Utf8Locale {
 public:
  Utf8Locale() : own_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (own_ != nullptr) before_ = ::uselocale(own_);
  }
  ~Utf8Locale() {
    if (own_ == nullptr) return;
    ::uselocale(before_);
    ::freelocale(own_);
  }
  // kUnavailable where this machine has no such locale.
  Status Check() const {
    if (own_ != nullptr) return {};
    return Unavailable("this machine has no locale C.UTF-8, which libc-bin brings")
        .SetFault(Fault::kOperator);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t own_ = nullptr;
  locale_t before_ = nullptr;
};

}  // namespace ns::archive
