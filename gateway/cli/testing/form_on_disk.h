// The file of a form, as long as a test runs.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace ns::cli {

class FormOnDisk {
 public:
  FormOnDisk() = default;
  FormOnDisk(const FormOnDisk&) = delete;
  FormOnDisk& operator=(const FormOnDisk&) = delete;
  ~FormOnDisk() { std::filesystem::remove(path_); }

  const std::string& path() const { return path_; }
  void Write(const std::string& text) const { std::ofstream(path_) << text; }

 private:
  const std::string path_ =
      (std::filesystem::temp_directory_path() / ("ns-form-" + std::to_string(::getpid()))).string();
};

}  // namespace ns::cli
