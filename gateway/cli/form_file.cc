#include "form_file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "failure.h"

namespace ns::cli {
namespace {

constexpr size_t kMostForm = 8 << 20;     // bytes
constexpr size_t kMostSecret = 64 << 10;  // bytes

}  // namespace

std::string ReadFile(const std::string& path, size_t most) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    throw Failure(Exit::kUsage, path + " cannot be read: it is a folder.");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Failure(Exit::kUsage, path + " cannot be read: " + std::strerror(errno) + ".");
  std::string text(most + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > most)
    throw Failure(Exit::kUsage,
                  path + " has more than " + std::to_string(most) + " bytes; that is too much.");
  return text;
}

FormFile::FormFile(const std::string& path) : name(path) {
  from_stdin = path == "-";
  if (from_stdin) {
    name = "<stdin>";
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
    return;
  }
  text = ReadFile(path, kMostForm);
  folder = std::filesystem::path(path).parent_path().string();
}

std::string FormFile::ValueOf(const form::ValueFrom& from) const {
  if (from.kind == form::ValueFrom::kEnv) {
    const char* value = std::getenv(from.name.c_str());
    if (!value)
      throw Failure(Exit::kUsage, "the environment has no variable \"" + from.name + "\"");
    return value;
  }
  std::string value = ReadFile((std::filesystem::path(folder) / from.name).string(), kMostSecret);
  if (value.ends_with('\n')) value.pop_back();
  if (value.ends_with('\r')) value.pop_back();
  return value;
}

}  // namespace ns::cli
