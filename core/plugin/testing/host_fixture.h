// A plugin host on folders of its own, for tests.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "plugin/plugin_host.h"
#include "plugin/testing/built_plugin.h"

namespace ns::plugin {

inline std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void WriteText(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// Answers every request at once with what it was asked.
class EchoApi final : public ApiCalls {
 public:
  std::string Descriptors() const override { return "descriptors"; }
  std::vector<ApiRawEntry> RawEntries() const override { return {{"/hook/", false, true, 10}}; }
  void Invoke(ApiRequest request, std::shared_ptr<ApiReply> reply) override {
    std::string text = request.method + " from " + request.peer.address + ": " + request.message;
    for (const auto& [name, value] : request.peer.headers) text += " " + name + "=" + value;
    EXPECT_TRUE(reply->Message(text).ok());
    reply->End({});
  }
  void Raw(ApiRawRequest, std::shared_ptr<ApiReply>) override {}
};

class PluginHostTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "ns-plugin-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    Install("test-sample");
  }
  void TearDown() override {
    host_.reset();
    supervisor_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string plugins() const { return folder_ + "/lib"; }
  std::string library(const std::string& name = "test-sample") const {
    return plugins() + "/" + name + ".so";
  }
  std::string manifest(const std::string& name = "test-sample") const {
    return plugins() + "/" + name + ".nsplugin.json";
  }
  std::string data(const std::string& instance) const { return folder_ + "/instances/" + instance; }

  void Install(const std::string& name) {
    std::filesystem::create_directories(plugins());
    ::chmod(plugins().c_str(), 0755);
    for (const char* suffix : {".so", ".nsplugin.json"}) {
      const std::string target = plugins() + "/" + name + suffix;
      std::filesystem::copy_file(BuiltPlugin(name + suffix), target,
                                 std::filesystem::copy_options::overwrite_existing);
      ::chmod(target.c_str(), 0644);
    }
  }

  // Writes `to` over every `from` of the file; both have the same length, so that the library stays
  // one.
  static void Patch(const std::string& path, const std::string& from, const std::string& to) {
    ASSERT_EQ(from.size(), to.size());
    std::string text = ReadText(path);
    size_t count = 0;
    for (size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + 1), ++count)
      text.replace(at, from.size(), to);
    ASSERT_GT(count, 0u) << from << " is not in " << path;
    WriteText(path, text);
  }

  PluginHost& Host(Duration grace = std::chrono::seconds(5)) {
    if (host_) return *host_;
    supervisor_ = std::make_unique<supervise::Supervisor>(folder_ + "/helpers", SystemClock());
    HostSettings settings;
    settings.search_dirs = {folder_ + "/empty", plugins()};
    settings.copies = folder_ + "/copies";
    settings.instances = folder_ + "/instances";
    settings.installation = "test";
    settings.version = "0.1.0";
    settings.grace = grace;
    host_ = std::make_unique<PluginHost>(settings, HostParts{SystemClock(), *supervisor_, &api_});
    return *host_;
  }

  static Wanted Sample(const std::string& config = "{}", bool required = false) {
    return {"sample", "test-sample", required, config, "config.yaml:3:5"};
  }

  std::string folder_;
  EchoApi api_;
  std::unique_ptr<supervise::Supervisor> supervisor_;
  std::unique_ptr<PluginHost> host_;
};

}  // namespace ns::plugin
