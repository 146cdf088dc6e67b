// A form as a file, and what it refers to.
#pragma once

#include <string>

#include "form/plan.h"

namespace ns::cli {

// `path`: "-" is standard input. Throws Failure(kUsage) where it cannot be read.
struct FormFile {
  explicit FormFile(const std::string& path);
  // Of a variable of the environment, or of a file beside this one, without its last line end.
  // Throws Failure(kUsage).
  std::string ValueOf(const form::ValueFrom& from) const;

  std::string name, text, folder;
  bool from_stdin = false;
};

// The bytes of a regular file of at most `most` bytes. Throws Failure(kUsage).
std::string ReadFile(const std::string& path, size_t most);

}  // namespace ns::cli
