// A storage plugin, loaded.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>

#include "plugin/plugin_host.h"
#include "ports/testing/storage_contract.h"

namespace ns::ports::testing {

// With folders of its own, which go with it. `name`: of the library.
class PluginStorage final : public StorageUnderTest {
 public:
  enum class Expect { kReady, kAway };

  PluginStorage(const std::string& name, const std::string& config,
                Expect expect = Expect::kReady) {
    std::string pattern = "/tmp/ns-storage-test.XXXXXX";
    if (!::mkdtemp(pattern.data())) std::abort();
    folder_ = pattern;
    // A library is loaded only from where nobody else may write.
    std::filesystem::create_directory(folder_ + "/lib");
    ::chmod((folder_ + "/lib").c_str(), 0755);
    for (const std::string suffix : {".so", ".nsplugin.json"}) {
      const std::string target = folder_ + "/lib/" + name + suffix;
      std::filesystem::copy_file(std::string(NS_PLUGINS) + "/" + name + suffix, target);
      ::chmod(target.c_str(), 0644);
    }
    supervisor_ = std::make_unique<supervise::Supervisor>(folder_ + "/helpers", SystemClock());
    plugin::HostSettings settings;
    settings.search_dirs = {folder_ + "/lib"};
    settings.copies = folder_ + "/copies";
    settings.instances = folder_ + "/instances";
    settings.installation = "test";
    settings.version = "0.1.0";
    host_ = std::make_unique<plugin::PluginHost>(
        settings, plugin::HostParts{SystemClock(), *supervisor_, nullptr});
    const auto report = host_->Load({{"storage", name, true, config, ""}}, {plugin::kStorageKind});
    for (const plugin::Refusal& refusal : report.refused) ADD_FAILURE() << refusal.Message();
    if (report.loaded.size() != 1 || !report.loaded[0].storage) std::abort();
    storage_ = report.loaded[0].storage;
    EXPECT_EQ(host_->Ready().ok(), expect == Expect::kReady) << host_->Ready().ToString();
  }
  ~PluginStorage() override {
    host_.reset();
    supervisor_.reset();
    std::filesystem::remove_all(folder_);
  }

  Storage& storage() override { return *storage_; }
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
  std::unique_ptr<supervise::Supervisor> supervisor_;
  std::unique_ptr<plugin::PluginHost> host_;
  Storage* storage_ = nullptr;
};

}  // namespace ns::ports::testing
