#include "secrets_seen.h"

#include <fstream>
#include <sstream>

#include "engine/run.h"
#include "engine/secret_print.h"

namespace ns::engine_buildah {
namespace {

std::string ReadAll(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void WriteAll(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw engine::DiskTrouble("The file " + path + " cannot be written.");
}

}  // namespace

std::string SecretsSeen::Print(const std::vector<sdk::EnvVar>& secrets) const {
  const std::string file = slot_.folder() + "/key";
  std::string key = ReadAll(file);
  if (key.size() < 32) WriteAll(file, key = engine::FreshKey());
  return engine::SecretPrint(key, secrets);
}

bool SecretsSeen::Fit(const std::vector<sdk::EnvVar>& secrets) const {
  if (ReadAll(File()) == Print(secrets)) return true;
  WriteAll(File(), "unknown");
  return false;
}

void SecretsSeen::Remember(const std::vector<sdk::EnvVar>& secrets) const {
  WriteAll(File(), Print(secrets));
}

}  // namespace ns::engine_buildah
