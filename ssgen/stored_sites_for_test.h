// Artifacts in a storage and the files of their sites, for tests.
#pragma once

#include <gmock/gmock.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "archive/pack.h"
#include "ports/testing/fake_clock.h"
#include "ports/testing/fake_storage.h"
#include "ssgen/file_text_for_test.h"
#include "ssgen/site_files.h"

namespace ns::ssgen {

inline const AppId kApp("a000000000000000000001"), kOther("a000000000000000000002");
inline const ReleaseId kFirst("b000000000000000000001"), kSecond("b000000000000000000002");

// Counts what is fetched, and has it done something before and after.
class CountingStorage final : public ports::Storage {
 public:
  explicit CountingStorage(ports::Storage& inner) : inner_(inner) {}
  Status Put(const ports::Call& call, const std::string& key, const ports::Digest& digest,
             const ports::ObjectSource& bytes) override {
    return inner_.Put(call, key, digest, bytes);
  }
  Status Get(const ports::Call& call, const std::string& key, const ports::ObjectRange& range,
             const ports::ObjectSink& out) override {
    ++fetched;
    if (before) before();
    const Status status = inner_.Get(call, key, range, out);
    if (after) after();
    return status;
  }
  Result<ports::ObjectInfo> Stat(const ports::Call& call, const std::string& key) override {
    return inner_.Stat(call, key);
  }
  Status Remove(const ports::Call& call, const std::string& key) override {
    return inner_.Remove(call, key);
  }
  Result<std::vector<ports::ObjectInfo>> List(const ports::Call& call,
                                              const ports::ObjectQuery& query) override {
    return inner_.List(call, query);
  }
  Status Check(const ports::Call& call) override { return inner_.Check(call); }

  std::atomic<int> fetched{0};
  std::function<void()> before, after;

 private:
  ports::Storage& inner_;
};

class SiteFilesTest : public testing::Test {
 protected:
  SiteFilesTest() : root_(MakeRoot()), files_(root_ + "/www", counting_, clock_) {
    EXPECT_TRUE(files_.Open().ok());
  }
  ~SiteFilesTest() override { std::filesystem::remove_all(root_); }

  static std::string MakeRoot() {
    std::string name = (std::filesystem::temp_directory_path() / "ns-ssgen-XXXXXX").string();
    return ::mkdtemp(name.data());
  }

  // An artifact in the storage with one page that says `text`.
  Site Built(const SiteName& name, const std::string& text, bool spa = false) {
    const std::filesystem::path source = root_ + "/source";
    std::filesystem::remove_all(source);
    std::filesystem::create_directories(source / "assets");
    std::ofstream(source / "index.html") << text;
    std::ofstream(source / "assets/app.js") << "// " << text;
    std::string bytes;
    const auto packed = archive::Pack(source, [&](std::string_view more) {
      bytes += more;
      return Status();
    });
    return Stored(name, bytes, {packed->size, packed->sha256}, spa);
  }
  Site Stored(const SiteName& name, const std::string& bytes, const ports::Digest& digest,
              bool spa = false) {
    size_t at = 0;
    EXPECT_TRUE(storage_
                    .Put({}, "artifacts/" + digest.sha256, digest,
                         [&](char* to, size_t most) -> Result<size_t> {
                           const size_t count = bytes.copy(to, most, at);
                           at += count;
                           return count;
                         })
                    .ok());
    return {name, "artifacts/" + digest.sha256, digest, spa};
  }
  Site Garbage(const SiteName& name, const std::string& bytes) {
    Sha256 sum;
    sum.Add(bytes);
    return Stored(name, bytes, {bytes.size(), sum.FinishHex()});
  }

  std::filesystem::path PathOf(const SiteName& name) const {
    return root_ + "/www/sites/" + name.app.str() + "/" + name.release.str();
  }
  std::string Page(const SiteName& name) const { return ReadFile(PathOf(name) / "index.html"); }
  std::vector<std::string> In(const std::string& folder) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(root_ + "/www/" + folder))
      names.push_back(entry.path().filename());
    return names;
  }

  const std::string root_;
  ports::testing::FakeClock clock_;
  ports::testing::FakeStorage storage_;
  CountingStorage counting_{storage_};
  SiteFiles files_;
  const SiteName one_{kApp, kFirst}, two_{kApp, kSecond}, other_{kOther, kFirst};
};

}  // namespace ns::ssgen
