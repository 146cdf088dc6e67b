// The key file and the database that it belongs to, with the real embedded PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "host/commands.h"
#include "host/foundation.h"
#include "store/connection.h"

namespace ns::host {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class Keys : public testing::Test {
 protected:
  Keys() {
    char name[] = "/tmp/ns-keys-XXXXXX";
    folder_ = mkdtemp(name);
    chmod(folder_.c_str(), 0755);
    config_.data = folder_ + "/data";
    config_.database.embedded = true;
    std::ofstream(folder_ + "/config.yaml") << "data: " << config_.data << "\ndatabase: embedded\n";
  }
  ~Keys() override {
    EXPECT_TRUE(supervise::Supervisor::StopAll(Layout(config_.data).helpers(), SystemClock()).ok());
    std::filesystem::remove_all(folder_);
  }

  std::string key_file() const { return KeyFileOf(config_, Layout(config_.data)); }

  // The embedded database, with the schema.
  void BringUp() {
    const Layout layout(config_.data);
    ASSERT_EQ(MakeFolders(layout), Status());
    supervise::Supervisor supervisor(layout.helpers(), SystemClock());
    ASSERT_EQ(EnsureDatabase(config_, layout, supervisor, {}).ToString(), Status().ToString());
    std::ifstream file(NS_SCHEMA_FILE);
    std::ostringstream text;
    text << file.rdbuf()
         << "; INSERT INTO schema_info (number, applied_with) VALUES (1000, 'test')";
    const auto session = store::Connection::Open(ConnectionOf(config_, layout), 10s, 30s);
    ASSERT_TRUE(session.ok()) << session.status().ToString();
    ASSERT_EQ((*session)->RunScript(text.str()).status(), Status());
  }

  Result<std::unique_ptr<Foundation>> Lay() { return Foundation::Lay(config_, {}); }

  std::string folder_;
  config::Config config_;
};

model::Repository WithSecret() {
  model::Repository repository;
  repository.id = RepositoryId(std::string(22, 'a'));
  repository.name = "repo";
  repository.url = "https://example.com/r";
  repository.credentials = {model::GitAuth::kBasic, "user", Secret("password"), Secret()};
  return repository;
}

TEST_F(Keys, LostOrExchangedFile_IsRefused_AndRotationWorksUnderARunningHost) {
  BringUp();
  {
    auto first = Lay();
    ASSERT_TRUE(first.ok()) << first.status().ToString();
    ASSERT_EQ((*first)->store().repositories.Insert(WithSecret()), Status());
  }
  const std::string away = folder_ + "/away";
  std::filesystem::rename(key_file(), away);
  const Status lost = Lay().status();
  EXPECT_EQ(lost.code(), Code::kPrecondition);
  EXPECT_EQ(lost.reason(), "KeyFileLost");
  EXPECT_THAT(lost.message(), HasSubstr(key_file()));
  EXPECT_THAT(lost.message(), HasSubstr("restore it"));
  EXPECT_FALSE(KeyFileExists(key_file())) << "none was made";
  EXPECT_EQ(RotateKey(folder_ + "/config.yaml", false), 1) << "nothing to rotate from";

  ASSERT_TRUE(LoadOrMakeKeyFile(key_file(), SystemRandom()).ok());  // of another installation
  EXPECT_EQ(Lay().status().reason(), "KeyFileWrong");
  EXPECT_EQ(RotateKey(folder_ + "/config.yaml", false), 1);

  std::filesystem::rename(away, key_file());
  const KeyFile before = LoadKeyFile(key_file()).value();
  auto running = Lay();
  ASSERT_TRUE(running.ok()) << running.status().ToString();
  ASSERT_EQ(RotateKey(folder_ + "/config.yaml", true), 0);  // prepared
  const KeyFile prepared = LoadKeyFile(key_file()).value();
  EXPECT_NE(prepared.seal_id, before.seal_id);
  ASSERT_EQ(RotateKey(folder_ + "/config.yaml", false), 0);
  const KeyFile after = LoadKeyFile(key_file()).value();
  EXPECT_EQ(after.seal_id, prepared.seal_id) << "the prepared key is used";
  EXPECT_EQ(after.hash, before.hash) << "keys of labels never change";
  ASSERT_EQ(after.retired.size(), 1u);
  EXPECT_EQ(after.retired.front().second, before.seal);
  const auto read = (*running)->store().repositories.Get(WithSecret().id);
  ASSERT_TRUE(read.ok()) << "a running host takes the new key up: " << read.status().ToString();
  EXPECT_EQ(read->credentials.password.Reveal(), "password");
  running->reset();
  EXPECT_TRUE(Lay().ok());
  ASSERT_EQ(RotateKey(folder_ + "/config.yaml", false), 0);
  EXPECT_EQ(LoadKeyFile(key_file())->retired.size(), 2u);
}

// The key file with another value for `key`.
void Exchange(const std::string& path, const std::string& key, const std::string& value) {
  std::ifstream file(path);
  std::string text;
  for (std::string line; std::getline(file, line);)
    text += (line.starts_with(key + " ") ? key + " " + ToBase64(value) : line) + "\n";
  std::ofstream(path, std::ios::trunc) << text;
}

// Nothing is sealed, but build and run keys hang on the file, and so does what is sealed next.
TEST_F(Keys, FileLostOrChangedWithoutAnySecret_IsRefused) {
  BringUp();
  ASSERT_EQ(Lay().status(), Status());
  const std::string right = folder_ + "/right";
  std::filesystem::copy(key_file(), right);
  for (const char* key : {"hash", "seal"}) {
    SCOPED_TRACE(key);
    Exchange(key_file(), key, std::string(32, 'x'));
    const Status wrong = Lay().status();
    EXPECT_EQ(wrong.code(), Code::kPrecondition);
    EXPECT_EQ(wrong.reason(), "KeyFileWrong");
    EXPECT_THAT(wrong.message(), HasSubstr(std::string("\"") + key));
    EXPECT_EQ(RotateKey(folder_ + "/config.yaml", false), 1);
    std::filesystem::copy(right, key_file(), std::filesystem::copy_options::overwrite_existing);
    ASSERT_EQ(Lay().status(), Status());
  }
  std::filesystem::remove(key_file());
  EXPECT_EQ(Lay().status().reason(), "KeyFileLost");
  EXPECT_FALSE(KeyFileExists(key_file())) << "none was made";

  std::filesystem::copy(right, key_file());
  ASSERT_EQ(RotateKey(folder_ + "/config.yaml", true), 0);
  Exchange(key_file(), "seal", std::string(32, 'x'));
  EXPECT_EQ(Lay().status().reason(), "KeyFileWrong") << "the rotation has kept the new key's value";
}

TEST_F(Keys, FileExchangedUnderARunningHost_IsNotTakenUp) {
  BringUp();
  auto running = Lay();
  ASSERT_TRUE(running.ok()) << running.status().ToString();
  const store::Keyring keyring = KeyringOf(key_file(), (*running)->keys());
  ASSERT_TRUE(keyring.reread().ok());
  Exchange(key_file(), "seal", std::string(32, 'x'));
  EXPECT_EQ(keyring.reread().status().reason(), "KeyFileWrong");
}

TEST_F(Keys, OwnDatabaseThatIsNotThereOrRefusesTheLogin_IsRefusedAtOnce) {
  BringUp();
  const std::string connection = ConnectionOf(config_, Layout(config_.data));
  config_.database.embedded = false;
  const Duration begin = SystemClock().Monotonic();
  config_.database.connection = Secret(connection + " dbname=nothing");
  const Status missing = Lay().status();
  EXPECT_EQ(missing.reason(), "DatabaseMissing") << missing.ToString();
  config_.database.connection = Secret(connection + " user=nobody-here");
  const Status denied = Lay().status();
  EXPECT_EQ(denied.reason(), "DatabaseDenied") << denied.ToString();
  EXPECT_LT(SystemClock().Monotonic() - begin, 15s) << "half a minute is for what may pass";
}

}  // namespace
}  // namespace ns::host
