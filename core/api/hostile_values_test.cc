// Values that people and attackers send, each through the dispatcher: refused with its field and
// rule, or kept in its one spelling.
#include "api/testing/hostile_sender.h"

#include <rapidcheck/gtest.h>

#include <set>
#include <sstream>

#include "api/api_world.h"
#include "model/validate.h"

namespace ns::api {
namespace {

class World : public ApiWorld {
 public:
  hostile::Sender::Invoke AsAlice() {
    return [this](const std::string& method, const std::string& request) {
      return Raw(Named("alice"), method, request);
    };
  }
  // What a refusal must leave as it was.
  std::string State() {
    std::ostringstream out;
    out << store.Events().size();
    const auto apps = store.store().apps.List();
    for (const auto& app : *apps) {
      out << " " << app.id.str() << app.name << app.ref << app.websites.size() << app.ports.size()
          << app.build.method << app.build.settings << app.run.entrypoint << app.run.command
          << app.artifact_path << store.store().apps.Get(app.id)->env.size();
    }
    const auto repositories = store.store().repositories.List();
    for (const auto& repository : *repositories)
      out << " " << repository.id.str() << repository.name << repository.url;
    const auto users = store.store().users.List();
    for (const auto& user : *users) out << " " << store.store().user_keys.List(user.id)->size();
    return out.str();
  }

 private:
  void TestBody() override {}
};

TEST(HostileValues, AreAtLeastTwoThousand) {
  const auto values = hostile::ReadValues();
  std::map<std::string, int> kinds;
  for (const auto& value : values) ++kinds[value.kind];
  EXPECT_GE(values.size(), 2000U);
  for (const char* kind :
       {"host", "path", "http_port", "internet_port", "application_port", "ref", "url", "name",
        "repository_name", "env_key", "env_value", "host_key", "user_key", "context",
        "dockerfile_name", "artifact_path", "entrypoint", "command"})
    EXPECT_GE(kinds[kind], 20) << kind;
}

TEST(HostileValues, AreRefusedWithTheirFieldOrKeptInOneSpelling) {
  std::unique_ptr<World> world;
  std::unique_ptr<hostile::Sender> sender;
  int sent = 0;
  for (const auto& value : hostile::ReadValues()) {
    // A new one now and then: what was deleted stays for a while, and lists grow.
    if (sent++ % 50 == 0) {
      world = std::make_unique<World>();
      sender = std::make_unique<hostile::Sender>(world->AsAlice());
    }
    hostile::Check(*sender, value, [&] { return world->State(); });
    if (testing::Test::HasFatalFailure()) return;
  }
}

// ---- properties: whatever the value, its field is named, or what is kept keeps these rules ----

bool AllOf(const std::string& text, const std::function<bool(char)>& holds) {
  return std::all_of(text.begin(), text.end(), holds);
}
bool OneOf(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
bool LowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::vector<std::string> Parts(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

bool IsHost(const std::string& host) {
  for (const std::string& label : Parts(host, '.')) {
    if (label.empty() || label.size() > 63 || !LowerOrDigit(label.front()) ||
        !LowerOrDigit(label.back()) ||
        !AllOf(label, [](char c) { return LowerOrDigit(c) || OneOf(c, "-_"); }))
      return false;
  }
  const bool below = host.size() > 10 && host.ends_with(".apps.test");
  return host.size() <= 253 && (below || host == "plain.test");
}

bool IsPath(const std::string& path) {
  if (path == "/") return true;
  const auto parts = Parts(path, '/');
  if (parts.size() < 2 || !parts[0].empty() || path.size() > 1024) return false;
  for (size_t i = 1; i < parts.size(); ++i) {
    if (parts[i].empty() || parts[i] == "." || parts[i] == "..") return false;
  }
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '%') {
      constexpr std::string_view kHex = "0123456789ABCDEF";
      const size_t high = kHex.find(path[i + 1]), low = kHex.find(path[i + 2]);
      if (high == std::string_view::npos || low == std::string_view::npos) return false;
      const auto byte = static_cast<unsigned char>(high * 16 + low);
      if (std::isalnum(byte) || OneOf(static_cast<char>(byte), "-._~")) return false;
      i += 2;
    } else if (!std::isalnum(static_cast<unsigned char>(path[i])) && !OneOf(path[i], "/-._~")) {
      return false;
    }
  }
  return true;
}

bool IsEnvKey(const std::string& key) {
  const auto upper = [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; };
  return !key.empty() && key.size() <= 100 && upper(key.front()) &&
         AllOf(key, [&](char c) { return upper(c) || (c >= '0' && c <= '9'); });
}

bool HasNoControl(const std::string& text) {
  return AllOf(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

// Pieces of good values and of bad ones, put together at random.
rc::Gen<std::string> Mixed(std::vector<std::string> pieces) {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::move(pieces))),
      [](const std::vector<std::string>& some) {
        std::string all;
        for (const std::string& one : some) all += one;
        return all;
      });
}

// One value of the kind, every way: `good` says whether what is kept may be kept.
void Holds(const std::string& kind, const std::string& value,
           const std::function<bool(const std::string&)>& good) {
  World world;
  hostile::Sender sender(world.AsAlice());
  for (const auto& way : sender.WaysOf(kind)) {
    const std::string before = world.State();
    const auto answer = sender.Send(way, value);
    if (answer.ok()) {
      RC_ASSERT(good(way.kept()));
      way.undo();
      continue;
    }
    RC_ASSERT(answer.status().code() == Code::kInvalid);
    RC_ASSERT(world.State() == before);
    for (const auto& [field, description] : hostile::ViolationsOf(answer.status()))
      RC_ASSERT(field == way.field);
  }
}

RC_GTEST_PROP(HostileProperties, Hosts_AreRefusedOrHosts, ()) {
  const auto value = *Mixed({"a",           "B",          "0",    "-",    "_",
                             ".",           ".",          "apps", "test", ".apps.test",
                             ".apps.test",  "plain.test", "xn--", "*",    " ",
                             "\t",          "\xc3\xa9",   "/",    ":",    std::string(60, 'a'),
                             "\xe3\x80\x82"});
  Holds("host", value, IsHost);
}

RC_GTEST_PROP(HostileProperties, Paths_AreRefusedOrPaths, ()) {
  const auto value =
      "/" +
      *Mixed(
          {"a",   "Z", "9", "/", "/", ".", "..", "%",  "%2e",      "%2F", "%41",
           "%zz", "~", "-", "_", " ", "?", "#",  "\\", "\xc3\xa9", "\n",  std::string(300, 'p')});
  Holds("path", value, IsPath);
}

RC_GTEST_PROP(HostileProperties, EnvKeys_AreRefusedOrKeys, ()) {
  const auto value =
      *Mixed({"A", "Z", "_", "0", "a", "-", "=", " ", "\n", "\xc3\x89", std::string(30, 'K')});
  Holds("env_key", value, IsEnvKey);
}

RC_GTEST_PROP(HostileProperties, Names_AreRefusedOrNames, ()) {
  const auto value = *Mixed({"a", " ", "\t", "\x7f", "\xc2\x85", "\xc3\xa9", "\xe2\x80\xae",
                             "\xf0\x9f\x98\x80", std::string(40, 'n'), "/", "'"});
  Holds("name", value, [](const std::string& kept) {
    return HasNoControl(kept) && kept.find("\xc2\x85") == std::string::npos && kept.size() <= 400;
  });
}

RC_GTEST_PROP(HostileProperties, Urls_AreRefusedOrUrls, ()) {
  const auto value = *Mixed({"https", "http", "ssh",   "file",     "ext",  "://", "::",  ":",
                             "/",     "git",  "@",     "git.test", "-",    "..",  "%2e", "%00",
                             " ",     "\n",   "[::1]", "a",        ".git", "?",   "#"});
  Holds("url", value, [](const std::string& kept) {
    const bool web = kept.starts_with("https://") || kept.starts_with("http://");
    const std::string host = kept.substr(0, kept.find('/', 8));
    return web && HasNoControl(kept) && kept.find_first_of(" ?#\\") == std::string::npos &&
           host.find('@') == std::string::npos;
  });
}

RC_GTEST_PROP(HostileProperties, Ports_AreRefusedOrInTheirRange, ()) {
  const int number = *rc::gen::oneOf(rc::gen::inRange(-70000, 70000), rc::gen::inRange(8990, 9020),
                                     rc::gen::arbitrary<int>());
  for (const char* kind : {"http_port", "application_port", "internet_port"}) {
    const bool internet = std::string(kind) == "internet_port";
    Holds(kind, std::to_string(number), [&](const std::string& kept) {
      const int port = hostile::NumberOf(kept);
      return internet ? port >= 9000 && port <= 9010 : port >= 1 && port <= 65535;
    });
  }
}

RC_GTEST_PROP(HostileProperties, OneUrlInTwoSpellings_IsOnePath, ()) {
  // Any character may be written as %XX, in either case: the address is the same.
  const auto plain = *rc::gen::nonEmpty(
      rc::gen::container<std::string>(rc::gen::elementOf(std::string("abzAZ09-_~"))));
  std::string spelled = "/";
  for (const char c : plain) {
    char text[4];
    std::snprintf(text, sizeof(text), *rc::gen::arbitrary<bool>() ? "%%%02x" : "%%%02X",
                  static_cast<unsigned char>(c));
    spelled += *rc::gen::arbitrary<bool>() ? std::string(text) : std::string(1, c);
  }
  RC_PRE(plain.size() <= 1000);
  RC_ASSERT(model::CanonicalPath(spelled) == "/" + plain);
}

}  // namespace
}  // namespace ns::api
