// What holds of the three keys whatever they are given; as in plan_properties_test.cc.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "plan/deploy.h"
#include "plan/keys.h"
#include "plan/test_generators.h"

namespace ns::plan {
namespace {

using model::DesiredState;
using namespace testing;

// Of the application when it is released as it is now.
struct Keys {
  std::string build, run, route;
  explicit Keys(const model::Application& app)
      : build(BuildKey(kKey, app, app.commit)),
        run(RunKey(kKey, app, NewRelease(app, {}, "", {"r", "sha256:1", 1}))),
        route(RouteKey(kKey, app, "")) {}
};

struct Edit {
  const char* what;
  std::function<void(model::Application&)> change;
  bool build, run, route;  // which key must change; the others must not
};

// One edit of each field, and of each scope of a variable.
std::vector<Edit> Edits() {
  const auto variable = [](model::EnvScope scope) {
    return [scope](model::Application& app) {
      app.env.push_back({"NEW", Secret("1"), scope, false, false});
    };
  };
  const auto website = [](auto change) {
    return [change](model::Application& app) {
      app.websites.insert(app.websites.begin(), {IdOf<WebsiteId>(9), "z.example.com"});
      change(app.websites.front());
    };
  };
  return {
      {"name", [](auto& app) { app.name += "x"; }, false, false, false},
      {"owner", [](auto& app) { app.owners.push_back(IdOf<UserId>(7)); }, false, false, false},
      {"ref", [](auto& app) { app.ref += "x"; }, false, false, false},
      {"desired", [](auto& app) { app.desired = DesiredState::kAsleep; }, false, false, false},
      {"target", [](auto& app) { ++app.target.generation; }, false, false, false},
      {"times", [](auto& app) { app.updated_at = AnyTime(); }, false, false, false},
      {"commit", [](auto& app) { app.commit = std::string(40, 'e'); }, true, false, false},
      {"method", [](auto& app) { app.build.method += "x"; }, true, false, false},
      {"settings", [](auto& app) { app.build.settings += "x"; }, true, false, false},
      {"artifact path", [](auto& app) { app.artifact_path += "x"; }, true, false, false},
      {"entrypoint", [](auto& app) { app.run.entrypoint += "x"; }, false, true, false},
      {"command", [](auto& app) { app.run.command += "x"; }, false, true, false},
      {"restart", [](auto& app) { ++app.restart_nonce; }, false, true, false},
      {"port",
       [](auto& app) {
         app.ports.push_back({9, 9});
       },
       false, true, false},
      {"variable of runs", variable(model::EnvScope::kRun), false, true, false},
      {"variable of builds", variable(model::EnvScope::kBuild), true, false, false},
      {"variable of both", variable(model::EnvScope::kBoth), true, true, false},
      {"website", website([](auto&) {}), false, false, true},
  };
}

RC_GTEST_PROP(PlanProperties, Keys_EachEditChangesItsKeysAlone, ()) {
  model::AppSnapshot snapshot = AnySnapshot();
  const Keys before(snapshot.app);
  const Edit edit = OneOf(Edits());
  RC_LOG() << edit.what << '\n' << rc::toString(snapshot);
  RC_TAG(edit.what);
  edit.change(snapshot.app);
  const Keys after(snapshot.app);
  RC_ASSERT((before.build != after.build) == edit.build);
  RC_ASSERT((before.run != after.run) == edit.run);
  RC_ASSERT((before.route != after.route) == edit.route);
}

// What a build, a container or the routes depend on, written out at length.
std::string Spelled(const std::vector<model::EnvVar>& env, bool (model::EnvVar::*scope)() const) {
  std::map<std::string, std::string> sorted;
  for (const model::EnvVar& v : env) {
    if ((v.*scope)()) sorted[v.key] = v.value.Reveal();
  }
  return rc::toString(sorted);
}

RC_GTEST_PROP(PlanProperties, Keys_AreEqualExactlyForEqualInputs, ()) {
  model::AppSnapshot one = FreshApp(), other = FreshApp();
  AnySettings(one.app);
  other.app = one.app;  // mostly alike, else equality would never be met
  if (Coin()) other.app.env = AnyEnv();
  if (Coin()) other.app.ports = Several<model::PortPublication>(2, AnyPort);
  if (Coin()) other.app.run.command = AnyWord();
  if (Coin()) other.app.build.settings = AnyWord();
  if (Coin()) other.app.websites = AnyWebsites();
  const auto sorted = [](auto values, auto less) {
    std::sort(values.begin(), values.end(), less);
    return values;
  };
  const auto by_id = [](const auto& a, const auto& b) { return a.id < b.id; };
  const auto env_equal = [&](bool (model::EnvVar::*scope)() const) {
    return Spelled(one.app.env, scope) == Spelled(other.app.env, scope);
  };
  const Keys a(one.app), b(other.app);
  RC_ASSERT((a.build == b.build) ==
            (one.app.build == other.app.build && env_equal(&model::EnvVar::InBuild)));
  RC_ASSERT((a.run == b.run) ==
            (one.app.run == other.app.run && env_equal(&model::EnvVar::InRun) &&
             sorted(one.app.ports, std::less<>()) == sorted(other.app.ports, std::less<>())));
  RC_ASSERT((a.route == b.route) ==
            (sorted(one.app.websites, by_id) == sorted(other.app.websites, by_id)));
}
}  // namespace
}  // namespace ns::plan
