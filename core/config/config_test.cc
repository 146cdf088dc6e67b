#include "config/config.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ns::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Loaded Load(const std::string& text, const Environment& environment = {}) {
  return LoadText(text, "/etc/ns/config.yaml", environment);
}

std::vector<std::string> Texts(const std::vector<Mistake>& mistakes) {
  std::vector<std::string> out;
  for (const Mistake& one : mistakes) out.push_back(one.ToString());
  return out;
}

const EffectiveValue* Find(const Loaded& loaded, const std::string& key) {
  for (const EffectiveValue& value : loaded.values) {
    if (value.key == key) return &value;
  }
  return nullptr;
}

constexpr char kWhole[] = R"(installation: home
data: /srv/ns
database: embedded
identity: {header: X-User, proxies: [10.0.0.2, "10.1.0.0/16"], secret: s3cret, token_days: 30}
git: {private_hosts: [127.0.0.1], list_timeout: 5s, mirror_limit: 1G, entry_limit: 5, sandbox: required, lfs: false}
engines: [engine]
domains: [{name: "*.apps.example.com", exclude: [admin.apps.example.com], auth: true}, example.com]
ports: [{protocol: udp, from: 30000, to: 30100}]
links: [{name: Wiki, url: "https://wiki.example.com"}]
http_address: apps.example.com:80
registry: {mode: embedded, port: 5001}
backend: docker
admins: [alice]
plugins:
  docker:
    plugin: backend-docker
    config: {networks: 10.213.0.0/16, traefik: {provider: file, http: ":80"}, n: 3, f: 1.5, t: true, z: null, q: "3", l: [a, 1]}
  engine: {plugin: engine-docker, config: {concurrency: 1, memory: 50%}}
  gateway: {plugin: gateway, required: true, listen: ["unix:/run/ns/api.sock", "127.0.0.1:4000"]}
builder: {concurrency: 2}
keep: {releases: 3, build_logs: 48h, history: 24h}
page_server: {listen: "127.0.0.1:0"}
log_level: debug
)";

TEST(Config, Load_OfAWholeFile_GivesTypedValues) {
  const Loaded loaded = Load(kWhole);
  ASSERT_THAT(Texts(loaded.mistakes), IsEmpty());
  EXPECT_THAT(Texts(loaded.warnings), IsEmpty());
  const Config& config = loaded.config;
  EXPECT_EQ(config.key_file, "/srv/ns/key");
  EXPECT_THAT(config.roles, ElementsAre("controller", "builder", "ssgen", "services"));
  EXPECT_TRUE(config.database.embedded);
  EXPECT_EQ(config.identity.secret.Reveal(), "s3cret");
  EXPECT_EQ(config.identity.token_days, 30);
  EXPECT_EQ(config.git.list_timeout, std::chrono::seconds(5));
  EXPECT_EQ(config.git.mirror_limit, 1U << 30);
  EXPECT_EQ(config.git.entry_limit, 5);
  EXPECT_EQ(config.git.sandbox, "required");
  EXPECT_FALSE(config.git.lfs);
  EXPECT_THAT(config.domains,
              ElementsAre(model::Domain{"*.apps.example.com", {"admin.apps.example.com"}, true},
                          model::Domain{"example.com", {}, false}));
  EXPECT_THAT(config.ports, ElementsAre(model::PortRange{model::Protocol::kUdp, 30000, 30100}));
  EXPECT_EQ(config.registry.port, 5001);
  ASSERT_EQ(config.plugins.size(), 4U);  // and the storage that none is named for
  EXPECT_EQ(
      config.plugins[0].config,
      R"({"networks":"10.213.0.0/16","traefik":{"provider":"file","http":":80"},"n":3,"f":1.5,"t":true,"z":null,"q":"3","l":["a",1]})");
  EXPECT_EQ(config.plugins[0].where, "/etc/ns/config.yaml:17:13");
  EXPECT_EQ(config.plugins[1].config, R"({"concurrency":1,"memory":"50%"})");
  EXPECT_TRUE(config.plugins[2].required);
  EXPECT_THAT(config.plugins[2].listen, ElementsAre("unix:/run/ns/api.sock", "127.0.0.1:4000"));
  EXPECT_EQ(config.builder_concurrency, 2);
  EXPECT_EQ(config.keep.releases, 3);
  EXPECT_EQ(config.keep.logs, Duration(std::chrono::hours(48)));
  EXPECT_EQ(config.keep.history, Duration(std::chrono::hours(24)));
}

TEST(Config, Load_OfNothing_GivesDefaults) {
  const Loaded loaded = Load("");
  EXPECT_THAT(Texts(loaded.mistakes), IsEmpty());
  EXPECT_EQ(loaded.config.data, "/var/lib/neoshowcase");
  EXPECT_EQ(loaded.config.key_file, "/var/lib/neoshowcase/key");
  EXPECT_EQ(Find(loaded, "git.list_timeout")->value, "20s");
  EXPECT_EQ(Find(loaded, "git.list_timeout")->origin, "default");
}

TEST(Config, Load_OfMistakes_NamesEachWithItsPlaceAndTheNearestKey) {
  const Loaded loaded = Load(R"(instalation: home
data: [1]
roles: [controler]
git: {list_timeout: soon, privat_hosts: [a]}
registry: embeded
engines: [motor]
backend: dokcer
plugins:
  docker: {plugin: backend-docker, requird: true}
  gate: {listen: ["here"]}
builder: {concurrency: 0}
log_level: inf
domains: [{name: "A.example.com"}]
builder: {}
)");
  EXPECT_THAT(
      Texts(loaded.mistakes),
      ElementsAre(
          "/etc/ns/config.yaml:1:1: instalation: is not known; did you mean \"installation\"?",
          "/etc/ns/config.yaml:2:7: data: must be a text, not a list",
          "/etc/ns/config.yaml:3:8: roles: \"controler\" is no role; did you mean \"controller\"?",
          "/etc/ns/config.yaml:4:21: git.list_timeout: must be a time such as 500ms, 20s, 10m or "
          "1h, not \"soon\"",
          "/etc/ns/config.yaml:4:27: git.privat_hosts: is not known; did you mean "
          "\"private_hosts\"?",
          "/etc/ns/config.yaml:5:11: registry: must be embedded, {mode: embedded, port: N} or "
          "{url: ..., prefix: ...}, not \"embeded\"",
          "/etc/ns/config.yaml:6:10: engines: \"motor\" is no instance under plugins; one of "
          "docker, gate",
          "/etc/ns/config.yaml:7:10: backend: \"dokcer\" is no instance under plugins; did you "
          "mean \"docker\"?",
          "/etc/ns/config.yaml:9:36: plugins.docker.requird: is not known; did you mean "
          "\"required\"?",
          "/etc/ns/config.yaml:10:9: plugins.gate: must have plugin, the name of a library such as "
          "backend-docker",
          "/etc/ns/config.yaml:10:18: plugins.gate.listen: must hold unix:/PATH or ADDRESS:PORT, "
          "not \"here\"",
          "/etc/ns/config.yaml:11:24: builder.concurrency: must be a whole number from 1 to 64, "
          "not \"0\"",
          "/etc/ns/config.yaml:12:12: log_level: \"inf\" is not known; did you mean \"info\"?",
          "/etc/ns/config.yaml:13:11: domains[0]: must be a name such as example.com or "
          "*.example.com in lower case, not \"A.example.com\"",
          "/etc/ns/config.yaml:14:1: builder: is given twice"));
}

TEST(Config, IdentityKeys_AreEd25519WithIdsOfTheirOwn) {
  const std::string key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
  const auto load = [](const std::string& keys) {
    return Load("identity: {admin_groups: [ops], keys: [" + keys + "]}");
  };
  const auto one = [&](const std::string& id, const std::string& text) {
    return "{id: " + id + ", public_key: \"" + text + "\"}";
  };
  const Loaded two = load(one("a", key) + ", " + one("b", key));
  EXPECT_THAT(Texts(two.mistakes), IsEmpty());
  ASSERT_EQ(two.config.identity.keys.size(), 2u);
  EXPECT_EQ(two.config.identity.keys[1].id, "b");
  EXPECT_EQ(two.config.identity.keys[1].public_key.size(), 32u);
  EXPECT_THAT(Find(two, "identity.keys")->value, HasSubstr(key));
  EXPECT_THAT(Texts(load(one("a", key) + ", " + one("a", key)).mistakes),
              ElementsAre(HasSubstr("no other key has")));
  for (const std::string& wrong :
       {one("a", "AAAA"), one("a", key + "AA"), one("a", "ssh-ed25519 AAAA"), one("\"\"", key),
        std::string("{id: a}"), std::string("{public_key: \"" + key + "\"}")}) {
    EXPECT_THAT(Texts(load(wrong).mistakes), ElementsAre(HasSubstr("32 bytes of Ed25519")))
        << wrong;
  }
}

TEST(Config, Load_OfATimeBelowItsLimit_NamesTheLimit) {
  const Loaded loaded = Load("keep: {history: 10m}\n");
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_THAT(loaded.mistakes[0].ToString(),
              HasSubstr("keep.history: must be at least 1h, not \"10m\""));
}

TEST(Config, Load_OfBrokenYaml_SaysWhere) {
  const Loaded loaded = Load("data: /a\nplugins: {docker: [}\n");
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_EQ(loaded.mistakes[0].line, 2);
  EXPECT_THAT(loaded.mistakes[0].message, HasSubstr("is no YAML"));
  EXPECT_THAT(Texts(Load("- a\n").mistakes),
              ElementsAre(HasSubstr(":1:1: must be a map of keys and values, not a list")));
}

TEST(Config, Environment_OverridesSingleKeys) {
  const Loaded loaded = Load(kWhole, {{"NS_GIT_PRIVATE_HOSTS", "[10.0.0.0/8]"},
                                      {"NS_DATA", "/other"},
                                      {"NS_REGISTRY_PORT", "5009"},
                                      {"NS_PLUGINS_ENGINE_CONFIG", "{concurrency: 4}"},
                                      {"HOME", "/root"}});
  ASSERT_THAT(Texts(loaded.mistakes), IsEmpty());
  EXPECT_THAT(loaded.config.git.private_hosts, ElementsAre("10.0.0.0/8"));
  EXPECT_EQ(loaded.config.data, "/other");
  EXPECT_EQ(loaded.config.key_file, "/other/key");
  EXPECT_EQ(loaded.config.registry.port, 5009);
  EXPECT_EQ(loaded.config.plugins[1].config, R"({"concurrency":4})");
  EXPECT_EQ(Find(loaded, "data")->origin, "NS_DATA");
  EXPECT_EQ(Find(loaded, "installation")->origin, "/etc/ns/config.yaml:1:15");
}

TEST(Config, Environment_MistakesNameTheVariable) {
  const Loaded loaded = Load("", {{"NS_BUILDER_CONCURRENCY", "many"},
                                  {"NS_LOG_LEVLE", "info"},
                                  {"NS_CONFIG", "/x"},
                                  {"NS_FAILPOINTS", ""}});
  EXPECT_THAT(Texts(loaded.mistakes),
              ElementsAre("NS_BUILDER_CONCURRENCY: builder.concurrency: must be a whole number "
                          "from 1 to 64, not \"many\""));
  EXPECT_THAT(Texts(loaded.warnings),
              ElementsAre("NS_LOG_LEVLE: is no setting; did you mean NS_LOG_LEVEL?"));
}

class ConfigFolder : public testing::Test {
 protected:
  ConfigFolder() {
    char name[] = "/tmp/ns-config-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~ConfigFolder() override { std::filesystem::remove_all(folder_); }
  std::string Write(const std::string& name, const std::string& text, mode_t mode) {
    const std::string path = folder_ + "/" + name;
    { std::ofstream(path) << text; }
    ::chmod(path.c_str(), mode);
    return path;
  }
  std::string folder_;
};

TEST_F(ConfigFolder, Secrets_ComeFromFilesBesideTheConfig) {
  Write("secret", "hidden value\n", 0600);
  const Loaded loaded = LoadFile(
      Write("config.yaml", "webhook_secret: {file: secret}\ndata: data\ndatabase: {file: secret}\n",
            0644),
      {});
  EXPECT_EQ(loaded.config.webhook_secret.Reveal(), "hidden value");
  EXPECT_EQ(loaded.config.data, folder_ + "/data");
  EXPECT_THAT(Texts(loaded.mistakes),
              ElementsAre(HasSubstr(
                  ":3:11: database: must be embedded or a PostgreSQL connection string")));
  EXPECT_THAT(PrintEffective(loaded), testing::Not(HasSubstr("hidden value")));
}

TEST_F(ConfigFolder, ConnectionStringThatLibpqDoesNotRead_IsAMistake_AndNotShown) {
  const auto mistakes = [&](const std::string& connection) {
    Write("secret", connection, 0600);
    return Texts(LoadFile(Write("config.yaml", "data: data\ndatabase: {file: secret}\n", 0644), {})
                     .mistakes);
  };
  for (const char* right :
       {"host=db dbname=ns user=ns password='a b'", "postgresql://ns:hunter2@db:5432/ns",
        "postgres:///ns?host=/run/pg&sslmode=verify-full", "host=a,b port=5432,5433", "port=,1"})
    EXPECT_THAT(mistakes(right), IsEmpty()) << right;
  EXPECT_THAT(mistakes("host=db hunter2"), ElementsAre(HasSubstr("missing \"=\" after")));
  EXPECT_THAT(mistakes("password='hunter2"), ElementsAre(HasSubstr("unterminated")));
  EXPECT_THAT(mistakes("hostt=db password=hunter2"),
              ElementsAre(HasSubstr("invalid connection option; did you mean \"host\"?")));
  EXPECT_THAT(mistakes("postgresql://ns:hunter2%zz@db/ns"), ElementsAre(HasSubstr("percent")));
  EXPECT_THAT(mistakes("host=db port=hunter2"), ElementsAre(HasSubstr("port must be")));
  EXPECT_THAT(mistakes("host=db sslmode=hunter2"), ElementsAre(HasSubstr("verify-full")));
  for (const char* wrong :
       {"host=db hunter2", "password='hunter2", "hunter2=db", "postgresql://ns:hunter2%zz@db/ns",
        "postgresql://ns:x@[hunter2", "host=db port=hunter2", "a=b\"hunter2\" c"}) {
    const auto texts = mistakes(wrong);
    ASSERT_THAT(texts, testing::SizeIs(1)) << wrong;
    EXPECT_THAT(texts[0], testing::Not(HasSubstr("unter2"))) << "it may hold a password";
  }
}

TEST_F(ConfigFolder, Secrets_ThatOthersMayReadAreMistakes) {
  Write("open", "x", 0644);
  const Loaded loaded =
      LoadFile(Write("config.yaml",
                     "webhook_secret: {file: open}\nidentity: {secret: {file: gone}}\n", 0600),
               {});
  EXPECT_THAT(Texts(loaded.mistakes), ElementsAre(HasSubstr("chmod o= " + folder_ + "/open"),
                                                  HasSubstr("gone: No such file")));
}

TEST_F(ConfigFolder, MissingFile_IsAMistake) {
  EXPECT_THAT(Texts(LoadFile(folder_ + "/none.yaml", {}).mistakes),
              ElementsAre(HasSubstr("cannot be read: No such file")));
}

TEST(Config, PrintEffective_IsYamlThatLoadsToTheSame) {
  const Loaded loaded = Load(kWhole);
  std::string text = PrintEffective(loaded);
  EXPECT_THAT(text, HasSubstr("list_timeout: 5s"));
  EXPECT_THAT(text, HasSubstr("# /etc/ns/config.yaml:5:"));
  Loaded again = Load(text);
  ASSERT_THAT(Texts(again.mistakes), IsEmpty()) << text;
  again.config.identity.secret = loaded.config.identity.secret;
  EXPECT_THAT(NeedRestart(loaded.config, again.config), IsEmpty()) << text;
  EXPECT_EQ(again.config.domains, loaded.config.domains);
  EXPECT_EQ(again.config.links, loaded.config.links);
}

TEST(Config, PrintEffective_HidesSecretsOfPlugins) {
  const std::string text =
      PrintEffective(Load("plugins: {a: {plugin: x, config: {api_token: abc123, name: n}}}"));
  EXPECT_THAT(text, HasSubstr(R"x({"api_token":"(secret)","name":"n"})x"));
}

TEST(Config, NeedRestart_NamesWhatCannotBeApplied) {
  const Config before = Load(kWhole).config;
  Config now = before;
  now.domains.clear();
  now.admins = {"bob"};
  now.log_level = "info";
  EXPECT_THAT(NeedRestart(before, now), IsEmpty());
  now.data = "/x";
  now.plugins[0].config = "{}";
  now.plugins.erase(now.plugins.begin() + 2);
  EXPECT_THAT(NeedRestart(before, now), ElementsAre("data", "plugins.docker", "plugins.gateway"));
}

TEST(Config, Instances_AreChosenByTheirPluginsWhereNoneIsNamed) {
  const Config config =
      Load("plugins: {d: {plugin: backend-docker}, e: {plugin: engine-docker}}").config;
  EXPECT_EQ(config.backend, "d");
  EXPECT_THAT(config.engines, ElementsAre("e"));
}

TEST(Config, Storage_FilesInTheDataFolderUnlessAnotherIsThere) {
  const auto plugins = [](const Config& config) {
    std::string text;
    for (const PluginInstance& plugin : config.plugins)
      text += plugin.name + "=" + plugin.plugin + " ";
    return text;
  };
  for (const char* text : {"{}", "storage: local"}) {
    const Loaded none = Load(text);
    EXPECT_THAT(Texts(none.mistakes), IsEmpty());
    EXPECT_EQ(none.config.storage, "local");
    EXPECT_EQ(plugins(none.config), "local=storage-local ");
  }
  const Loaded own = Load("plugins: {s: {plugin: storage-s3}}");
  EXPECT_EQ(own.config.storage, "s");
  EXPECT_EQ(plugins(own.config), "s=storage-s3 ");
  const Loaded named =
      Load("{storage: mine, plugins: {s: {plugin: storage-s3}, mine: {plugin: other}}}");
  EXPECT_EQ(named.config.storage, "mine");
  EXPECT_EQ(named.config.plugins.size(), 2u);
  const Loaded local = Load("plugins: {local: {plugin: storage-local, config: {path: /srv}}}");
  EXPECT_EQ(plugins(local.config), "local=storage-local ");
  EXPECT_THAT(Texts(Load("storage: lokal").mistakes),
              ElementsAre(HasSubstr("storage: \"lokal\" is no instance under plugins")));
  const Loaded builder =
      Load("{roles: [builder], link: {connect: [\"c:7443\"], token: 0123456789abcdef}}");
  EXPECT_EQ(builder.config.storage, "");
  EXPECT_THAT(plugins(builder.config), "");
}

TEST(Config, Load_OfAnyBytes_SaysSoWithoutACrash) {
  const std::string whole = kWhole;
  for (size_t cut = 0; cut < whole.size(); cut += 7) {
    Load(whole.substr(0, cut));
    std::string changed = whole;
    changed[cut] = static_cast<char>(cut * 37);
    Load(changed);
  }
  for (const char* text :
       {"\xff\xfe\x00", "a: *b", "&a [*a]", "{[a]: b}", "<<: {data: /x}", "? ", "---\n---\n",
        "data: !!binary x", "plugins: {a: {plugin: x, config: {[1]: 2}}}", "plugins: [a]",
        "plugins: {1: 2}", "roles: {a: b}", "domains: 5", "git: []", "ports: [1]"}) {
    Load(text);
  }
  EXPECT_FALSE(Load(std::string(100'000, '[')).ok());
  EXPECT_FALSE(Load("plugins: {a: {plugin: x, config: " + std::string(300, '[') +
                    std::string(300, ']') + "}}")
                   .ok());
}

// What the installer and the end-to-end tests write.
TEST(Config, InstallersFiles_HaveNoMistake) {
  for (const char* registry :
       {"embedded", "{mode: embedded, port: 5003}", "{url: \"http://127.0.0.1:5999\"}"}) {
    const Loaded loaded = Load(std::string(R"(
installation: e2e
data: /tmp/x/data
database: embedded
git: {private_hosts: [127.0.0.1]}
engines: [engine]
domains: [{name: "*.apps.test"}]
http_address: "localhost:8080"
registry: )") + registry + R"(
backend: docker
plugins:
  docker:
    plugin: backend-docker
    config: {networks: 10.220.0.0/16, traefik: {provider: labels, http: ":8080"}}
  engine: {plugin: engine-docker, config: {concurrency: 2, memory: 256M, timeout: 20s}}
  gateway: {plugin: gateway, required: true, listen: ["unix:/tmp/x/run/api.sock", "127.0.0.1:4000"]}
  runtime_cmd: {plugin: build-runtime-cmd}
  runtime_dockerfile: {plugin: build-runtime-dockerfile}
)");
    EXPECT_THAT(Texts(loaded.mistakes), IsEmpty());
    EXPECT_EQ(loaded.config.registry.embedded,
              std::string(registry).find("url") == std::string::npos);
  }
}

}  // namespace
}  // namespace ns::config
