// Secrets at rest: what a dump shows, and how keys are rotated under running programs.
#include <fcntl.h>
#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include "ports/testing/store_contract_base.h"
#include "store/pg_store.h"
#include "store/sealing.h"
#include "store/testing/inbox.h"
#include "store/testing/test_postgres.h"
#include "supervise/fd.h"

namespace ns::store {
namespace {

using ports::testing::IdOf;
using testing::Postgres;
using testing::TestSealer;
using namespace std::chrono_literals;

constexpr int kApps = 100, kVariables = 100;

Sealer SealerOf(char letter) {
  return Sealer(std::string("key-") + letter, Secret(std::string(32, letter)));
}

std::unique_ptr<PgStore> Open(const std::string& connection, std::vector<Sealer> sealers) {
  PgOptions options;
  options.connection = connection;
  return std::make_unique<PgStore>(options, Keyring{std::move(sealers), nullptr}, SystemRandom());
}

std::string Canary(int n) { return "canary-" + std::to_string(n) + "-tweet"; }

model::Application AppOf(int number, int variables) {
  model::Application app;
  app.id = IdOf<AppId>(number);
  app.name = "app";
  app.repository = IdOf<RepositoryId>(1);
  app.desired = model::DesiredState::kRunning;
  for (int n = 0; n < variables; ++n)
    app.env.push_back({"KEY" + std::to_string(n), Secret(Canary(n % 50))});
  return app;
}

// Every kind of secret there is.
void Fill(const ports::Store& s, int apps, int variables) {
  model::Repository repository;
  repository.id = IdOf<RepositoryId>(1);
  repository.name = "repo";
  repository.url = "https://example.com/r";
  repository.credentials = {model::GitAuth::kBasic, "user", Secret(Canary(1)), Secret(Canary(2))};
  ASSERT_EQ(s.repositories.Insert(repository), Status());
  for (int n = 1; n <= apps; ++n) ASSERT_EQ(s.apps.Insert(AppOf(n, variables), nullptr), Status());
  const UserId alice = s.users.Ensure("alice", false)->id;
  ASSERT_EQ(s.users.SaveKey({IdOf<KeyId>(1), alice, "ssh-ed25519 AAAA", Secret(Canary(3)),
                             Time(24h * 365 * 200)}),
            Status());
  model::Release release;
  release.id = IdOf<ReleaseId>(1);
  release.env = AppOf(1, 2).env;
  model::Target next;
  next.release = release.id;
  ASSERT_TRUE(s.deploys.SetTarget(IdOf<AppId>(1), 0, next, release).ok());
}

// All of it reads as it was written.
void ExpectWhole(const ports::Store& s, int apps, int variables) {
  for (int n = 1; n <= apps; ++n) {
    const auto app = s.apps.Get(IdOf<AppId>(n));
    ASSERT_TRUE(app.ok()) << app.status().ToString();
    ASSERT_EQ(app->env.size(), static_cast<size_t>(variables));
    for (const auto& variable : app->env)
      ASSERT_EQ(variable.value.Reveal(), Canary(std::stoi(variable.key.substr(3)) % 50));
  }
  const auto repository = s.repositories.Get(IdOf<RepositoryId>(1));
  ASSERT_TRUE(repository.ok()) << repository.status().ToString();
  EXPECT_EQ(repository->credentials.password.Reveal(), Canary(1));
  EXPECT_EQ(repository->credentials.ssh_private_key.Reveal(), Canary(2));
  const auto key = s.users.Key(IdOf<KeyId>(1), s.users.Ensure("alice", false)->id);
  ASSERT_TRUE(key.ok()) << key.status().ToString();
  EXPECT_EQ(key->private_pem.Reveal(), Canary(3));
  const auto snapshot = s.deploys.Snapshot(IdOf<AppId>(1));
  ASSERT_TRUE(snapshot.ok()) << snapshot.status().ToString();
  EXPECT_EQ(snapshot->release->env.size(), 2u);
}

std::string Dump(const std::string& connection) {
  const std::string path = Postgres().socket() + "-dump";
  {
    const supervise::Fd out(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    supervise::SpawnSpec spec;
    spec.argv = {"/usr/bin/pg_dump", "--dbname=" + connection};
    spec.env = {"PATH=/usr/bin:/bin", "LC_ALL=C"};
    spec.out = spec.err = out.get();
    auto process = supervise::Process::Spawn(spec);
    EXPECT_TRUE(process.ok());
    const auto ended = process->Wait(SystemClock(), SystemClock().Monotonic() + 60s);
    EXPECT_TRUE(ended.ok() && ended->ok());
  }
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Sealing, KeyMadeRightAfterTheLastLook_OpensAtOnce) {
  std::vector<char> keys{'a'};
  const Sealing sealing({{SealerOf('a')}, [&]() -> Result<std::vector<Sealer>> {
                           std::vector<Sealer> sealers;
                           for (const char key : keys) sealers.push_back(SealerOf(key));
                           return sealers;
                         }});
  for (const char made : {'b', 'c', 'd'}) {
    keys.insert(keys.begin(), made);
    const auto text = SealerOf(made).Seal(Secret("s"), "place");
    ASSERT_TRUE(sealing.Open(text, "place").ok()) << made;
    EXPECT_TRUE(sealing.Knows(SealerOf(made).key_id()));
  }
  EXPECT_FALSE(sealing.Knows(SealerOf('e').key_id()));
}

TEST(PgStoreSecrets, Dump_HoldsNoneOfThem) {
  const std::string connection = Postgres().CleanDatabase();
  Fill(Open(connection, {SealerOf('a')})->store(), 1, 50);
  const std::string dump = Dump(connection);
  EXPECT_THAT(dump, ::testing::HasSubstr("KEY49")) << "the dump is whole";
  for (int n = 0; n < 50; ++n) {
    EXPECT_EQ(dump.find(Canary(n)), std::string::npos) << n;
    EXPECT_EQ(dump.find(ToHex(Canary(n))), std::string::npos) << n;
    EXPECT_EQ(dump.find(ToBase64(Canary(n)).substr(0, 12)), std::string::npos) << n;
  }
}

TEST(PgStoreSecrets, Rotation_TenThousandRowsUnderRunningHosts) {
  const std::string connection = Postgres().CleanDatabase();
  const auto old = Open(connection, {SealerOf('a')});
  Fill(old->store(), kApps, kVariables);
  // A host that takes the new key up by itself, and one that already has both.
  Guarded<std::vector<Sealer>> file{std::vector<Sealer>{SealerOf('a')}};
  PgOptions options;
  options.connection = connection;
  PgStore running(options,
                  Keyring{{SealerOf('a')},
                          [&]() -> Result<std::vector<Sealer>> {
                            return file.With([](auto& sealers) { return sealers; });
                          }},
                  SystemRandom());
  const std::vector<Sealer> both{SealerOf('b'), SealerOf('a')};
  file.With([&](auto& sealers) { sealers = both; });
  std::atomic<bool> stop{false};
  std::atomic<int> reads{0}, writes{0};
  std::jthread reader([&] {
    for (int n = 0; !stop; n = (n + 1) % kApps) {
      const auto app = running.store().apps.Get(IdOf<AppId>(n + 1));
      EXPECT_TRUE(app.ok()) << app.status().ToString();
      ++reads;
    }
  });
  std::jthread writer([&] {
    for (int n = 0; !stop; n = (n + 1) % kApps) {
      EXPECT_EQ(running.store().apps.SetEnv(IdOf<AppId>(n + 1), {"KEY7", Secret(Canary(7))}),
                Status());
      ++writes;
    }
  });
  std::this_thread::sleep_for(150ms);
  const auto rotating = Open(connection, both);
  const Duration begin = SystemClock().Monotonic();
  const auto count = rotating->Reseal();
  const Duration took = SystemClock().Monotonic() - begin;
  stop = true;
  reader.join();
  writer.join();
  ASSERT_TRUE(count.ok()) << count.status().ToString();
  EXPECT_GE(count->rows, kApps * kVariables - kApps);
  EXPECT_LT(took, 10s);
  std::printf("%lld rows were sealed anew in %.2f s, under %d reads and %d writes\n",
              static_cast<long long>(count->rows), std::chrono::duration<double>(took).count(),
              reads.load(), writes.load());
  ASSERT_TRUE(rotating->Reseal().ok());  // what the writer sealed under the old key meanwhile
  EXPECT_THAT(rotating->KeysInUse().value(), ::testing::ElementsAre("key-b"));
  ExpectWhole(Open(connection, {SealerOf('b')})->store(), kApps, kVariables);
  ExpectWhole(running.store(), kApps, kVariables);
}

TEST(PgStoreSecrets, RotationPassesRowsThatDoNotOpen_NamesThem_AndTakesThemUpLater) {
  const std::string connection = Postgres().CleanDatabase();
  Fill(Open(connection, {SealerOf('a')})->store(), 3, 5);
  const std::string app = IdOf<AppId>(2).str();
  Postgres().Execute(connection,
                     "UPDATE environment SET value_sealed = '\\x00' || value_sealed WHERE name = "
                     "'KEY1' AND application_id = '" +
                         app +
                         "';"
                         "UPDATE repositories SET ssh_key_sealed = '\\x00' || ssh_key_sealed");
  const auto rotating = Open(connection, {SealerOf('b'), SealerOf('a')});
  const auto first = rotating->Reseal();
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  EXPECT_EQ(first->rows, 3 * 5 - 1 + 2 + 1) << "variables, those of a release, a generated key";
  EXPECT_THAT(first->unopened,
              ::testing::ElementsAre("environment/" + app + "/KEY1",
                                     "repositories/" + IdOf<RepositoryId>(1).str() + "/ssh_key"));
  EXPECT_THAT(rotating->KeysInUse().value(), ::testing::UnorderedElementsAre("key-a", "key-b"));
  Postgres().Execute(connection,
                     "UPDATE environment SET value_sealed = substr(value_sealed, 2) WHERE name = "
                     "'KEY1' AND application_id = '" +
                         app +
                         "';"
                         "UPDATE repositories SET ssh_key_sealed = substr(ssh_key_sealed, 2)");
  const auto second = rotating->Reseal();
  ASSERT_TRUE(second.ok()) << second.status().ToString();
  EXPECT_EQ(second->rows, 2);
  EXPECT_THAT(second->unopened, ::testing::IsEmpty());
  EXPECT_EQ(rotating->Reseal()->rows, 0);
  ExpectWhole(Open(connection, {SealerOf('b')})->store(), 3, 5);
}

TEST(PgStoreSecrets, KeysThatAreNotHere_AreNamed) {
  const std::string connection = Postgres().CleanDatabase();
  const auto right = Open(connection, {SealerOf('a')});
  EXPECT_THAT(right->KeysInUse().value(), ::testing::IsEmpty());
  EXPECT_EQ(Open(connection, {SealerOf('b')})->CheckKeys({}), Status()) << "nothing is sealed yet";
  Fill(right->store(), 1, 1);
  EXPECT_EQ(right->CheckKeys({}), Status());
  EXPECT_TRUE(right->HasKeys().value());
  const Status status = Open(connection, {SealerOf('b')})->CheckKeys({});
  EXPECT_EQ(status.code(), Code::kPrecondition);
  EXPECT_EQ(status.reason(), "KeyFileWrong");
  EXPECT_THAT(status.message(), ::testing::HasSubstr("key-a"));
}

TEST(PgStoreSecrets, KeyThatChangedUnderItsName_IsRefused_NewOnesAreTaken) {
  const std::string connection = Postgres().CleanDatabase();
  const auto store = Open(connection, {SealerOf('a')});
  EXPECT_FALSE(store->HasKeys().value());
  ASSERT_EQ(store->CheckKeys({{"hash", "1"}, {"seal/a", "2"}}), Status());
  EXPECT_FALSE(store->HasKeys().value()) << "a look keeps nothing";
  ASSERT_EQ(store->KeepKeys({{"hash", "1"}, {"seal/a", "2"}}), Status());
  EXPECT_TRUE(store->HasKeys().value()) << "though nothing is sealed";
  EXPECT_EQ(store->KeepKeys({{"hash", "1"}, {"seal/a", "2"}, {"seal/b", "3"}}), Status());
  EXPECT_EQ(store->CheckKeys({{"hash", "1"}, {"seal/a", "2"}}), Status()) << "not yet copied";
  const std::vector<KeyChecks> changed{
      {{"hash", "x"}, {"seal/a", "2"}},
      {{"hash", "1"}, {"seal/a", "x"}},
      {{"hash", "1"}, {"seal/a", "2"}, {"seal/b", "x"}, {"seal/c", "4"}}};
  for (const KeyChecks& wrong : changed) {
    EXPECT_EQ(store->CheckKeys(wrong).reason(), "KeyFileWrong");
    EXPECT_EQ(store->KeepKeys(wrong).reason(), "KeyFileWrong");
  }
  EXPECT_EQ(store->KeepKeys({{"hash", "1"}, {"seal/c", "5"}}), Status()) << "it kept none of those";
}

// Values are needed to build and to run: all else goes on without, and to set it again repairs it.
TEST(PgStoreSecrets, ValueThatDoesNotOpen_HoldsUpNothingThatNeedsNoValues) {
  const std::string connection = Postgres().CleanDatabase();
  const auto store = Open(connection, {SealerOf('a')});
  const ports::Store s = store->store();
  Fill(s, 1, 2);
  const AppId id = IdOf<AppId>(1);
  const std::string damage =
      "UPDATE environment SET value_sealed = '\\x00' || value_sealed WHERE "
      "name = 'KEY1'";
  Postgres().Execute(connection, damage);
  const auto app = s.apps.Get(id);
  ASSERT_TRUE(app.ok()) << app.status().ToString();
  ASSERT_EQ(app->env.size(), 2u) << "it is named";
  EXPECT_EQ(app->env[0].value.Reveal(), Canary(0));
  EXPECT_EQ(app->env[1].value.Reveal(), "");
  EXPECT_FALSE(app->env[0].seal_broken);
  EXPECT_TRUE(app->env[1].seal_broken);
  EXPECT_TRUE(s.deploys.Snapshot(id).ok());
  const Status refused = s.deploys.Take(id, ports::kNobody, {}).status();
  EXPECT_EQ(refused.reason(), "SealBroken");
  EXPECT_THAT(refused.message(), ::testing::HasSubstr("KEY1"));
  EXPECT_THAT(refused.message(), ::testing::HasSubstr("set it again"));

  ASSERT_EQ(s.apps.SetDesired(id, model::DesiredState::kStopped, false), Status());
  const auto stopping = s.deploys.Take(id, ports::kNobody, {});
  ASSERT_TRUE(stopping.ok()) << stopping.status().ToString();
  EXPECT_EQ(stopping->app.env, stopping->release->env) << "as what is released: nothing new";
  ASSERT_EQ(s.apps.SetDesired(id, model::DesiredState::kRunning, false), Status());

  ASSERT_EQ(s.apps.SetEnv(id, {"KEY1", Secret("anew")}), Status());
  EXPECT_EQ(s.deploys.Take(id, ports::kNobody, {})->app.env[1].value.Reveal(), "anew");
  EXPECT_FALSE(s.apps.Get(id)->env[1].seal_broken);
  Postgres().Execute(connection, damage);
  ASSERT_EQ(s.apps.DeleteEnv(id, "KEY1"), Status());
  EXPECT_EQ(s.deploys.Take(id, ports::kNobody, {})->app.env.size(), 1u);

  Postgres().Execute(connection, damage +
                                     "; UPDATE release_environment SET value_sealed = "
                                     "'\\x00' || value_sealed");
  const auto anew = s.deploys.Take(id, ports::kNobody, {});
  ASSERT_TRUE(anew.ok()) << "another release is made: " << anew.status().ToString();
  EXPECT_TRUE(anew->release->env.empty());
  ASSERT_EQ(s.apps.SetPin(id, anew->release->id), Status());
  EXPECT_EQ(s.deploys.Take(id, ports::kNobody, {}).status().reason(), "SealBroken");
  ASSERT_EQ(s.apps.SetDesired(id, model::DesiredState::kStopped, false), Status());
  ASSERT_EQ(s.apps.MarkDeleted(id), Status());
  EXPECT_TRUE(s.deploys.Take(id, ports::kNobody, {})->app.deleted);
}

TEST(PgStoreSecrets, SwappedRows_DoNotOpen) {
  const std::string connection = Postgres().CleanDatabase();
  const auto store = Open(connection, {SealerOf('a')});
  Fill(store->store(), 2, 3);
  Postgres().Execute(
      connection,
      "UPDATE environment AS e SET value_sealed = o.value_sealed FROM environment AS "
      "o WHERE e.name = o.name AND e.application_id <> o.application_id");
  for (int n : {1, 2}) {
    EXPECT_EQ(store->store().deploys.Take(IdOf<AppId>(n), ports::kNobody, {}).status().reason(),
              "SealBroken");
    for (const auto& variable : store->store().apps.Get(IdOf<AppId>(n))->env)
      EXPECT_EQ(variable.value.Reveal(), "");
  }
  Postgres().Execute(connection,
                     "UPDATE repositories SET password_sealed = ssh_key_sealed, ssh_key_sealed = "
                     "password_sealed");
  const model::GitCredentials git =
      store->store().repositories.Get(IdOf<RepositoryId>(1))->credentials;
  EXPECT_TRUE(git.seal_broken);
  EXPECT_EQ(git.password.Reveal() + git.ssh_private_key.Reveal(), "");
}

// Who owns the repository can look at it, edit it and set them again, or delete it.
TEST(PgStoreSecrets, CredentialsThatDoNotOpen_AreMarkedAndKeptUntilOthersAreSet) {
  const std::string connection = Postgres().CleanDatabase();
  const auto store = Open(connection, {SealerOf('a')});
  const ports::Store s = store->store();
  Fill(s, 1, 1);
  const RepositoryId id = IdOf<RepositoryId>(1);
  const std::string damage = "UPDATE repositories SET password_sealed = '\\x00' || password_sealed",
                    repair = "UPDATE repositories SET password_sealed = substr(password_sealed, 2)";
  Postgres().Execute(connection, damage);
  const auto broken = s.repositories.Get(id);
  ASSERT_TRUE(broken.ok()) << broken.status().ToString();
  EXPECT_TRUE(broken->credentials.seal_broken);
  EXPECT_EQ(broken->credentials.password.Reveal(), "");
  EXPECT_EQ(broken->credentials.ssh_private_key.Reveal(), Canary(2)) << "as far as they open";
  EXPECT_EQ(s.repositories.Snapshot(id)->repository, *broken);
  EXPECT_EQ(s.repositories.Take(id, ports::kNobody)->repository, *broken);

  model::Repository edited = *broken;
  edited.name = "renamed";
  edited.credentials.host_keys = {"ssh-ed25519 AAAA"};
  ASSERT_EQ(s.repositories.Update(edited, ports::kPlatform, {*broken, {}}), Status());
  Postgres().Execute(connection, repair);
  const model::Repository whole = s.repositories.Get(id).value();
  EXPECT_EQ(whole.name, "renamed");
  EXPECT_EQ(whole.credentials.host_keys, edited.credentials.host_keys);
  EXPECT_FALSE(whole.credentials.seal_broken);
  EXPECT_EQ(whole.credentials.password.Reveal(), Canary(1));
  EXPECT_EQ(whole.credentials.ssh_private_key.Reveal(), Canary(2));

  EXPECT_EQ(s.repositories.Update(edited, ports::kPlatform, {edited, {}}).code(), Code::kStale)
      << "they open by now";
  Postgres().Execute(connection, damage);
  model::Repository anew = edited;
  anew.credentials = {model::GitAuth::kBasic, "robot", Secret("new"), Secret()};
  ASSERT_EQ(s.repositories.Update(anew, ports::kPlatform, {edited, {}}), Status());
  EXPECT_EQ(s.repositories.Get(id).value(), anew);
}

}  // namespace
}  // namespace ns::store
