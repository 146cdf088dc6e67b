// Two plugins behind their tables, driven by a host of a few lines.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "ns/abi/backend.h"
#include "ns/abi/engine.h"
#include "ns/abi/entry.h"
#include "ns/abi/service.h"
#include "ns/sdk/error.h"

namespace ns::sdk {
namespace {

using testing::HasSubstr;

// What a plugin tells by fail().
struct Heard {
  ns_call raw{};
  int times = 0;
  std::optional<Error> error;
  Heard() {
    raw.struct_size = sizeof(raw);
    raw.cancel_fd = -1;
    raw.host_data = this;
    raw.cancelled = [](const ns_call*) noexcept -> int32_t { return 0; };
    raw.fail = [](const ns_call* call, const ns_problem* problem) noexcept {
      auto& heard = *static_cast<Heard*>(call->host_data);
      ++heard.times;
      heard.error = ErrorOf(*problem);
    };
  }
};

class ThunkTest : public testing::Test {
 protected:
  const ns_module* Open(const std::string& name) {
    void* library = ::dlopen((std::string(NS_TEST_PLUGINS) + "/" + name + ".so").c_str(),
                             RTLD_NOW | RTLD_LOCAL);
    EXPECT_NE(library, nullptr) << ::dlerror();
    const auto entry =
        reinterpret_cast<decltype(&ns_plugin_entry_v1)>(::dlsym(library, "ns_plugin_entry_v1"));
    handshake_.struct_size = sizeof(handshake_);
    return entry(&handshake_);
  }
  // An instance, or NULL; `heard_` tells why.
  ns_plugin* Make(const ns_module* module, const char* kind, const char* config = "{}") {
    ns_plugin* made = nullptr;
    created_ = module->create(&heard_.raw, nullptr, Str(kind), Str("x"), Str(config), &made);
    return made;
  }

  ns_status Apply(const char* id, ns_app app = {}) {
    module_ = Open("test-thrower");
    ns_plugin* plugin = Make(module_, NS_BACKEND);
    app.struct_size = sizeof(app);
    app.id = Str(id);
    const auto* table = static_cast<const ns_backend*>(module_->query(plugin, NS_BACKEND));
    const ns_status_sink sink{&message_, [](void* ctx, const ns_app_status* status) noexcept {
                                *static_cast<std::string*>(ctx) = Text(status->message);
                              }};
    const ns_status status = table->apply(plugin, &heard_.raw, &app, sink);
    module_->destroy(plugin);
    return status;
  }

  ns_handshake handshake_{};
  Heard heard_;
  ns_status created_ = NS_OK;
  const ns_module* module_ = nullptr;
  std::string message_;
};

TEST_F(ThunkTest, Handshake_TellsBothMinorsAndTheManifest) {
  for (const std::string name : {"test-thrower", "test-tiny-c"}) {
    const ns_module* module = Open(name);
    ASSERT_NE(module, nullptr);
    EXPECT_EQ(handshake_.plugin_minor, NS_ABI_MINOR);
    EXPECT_EQ(module->struct_size, sizeof(ns_module));
    std::ostringstream text;
    text << std::ifstream(std::string(NS_TEST_PLUGINS) + "/" + name + ".nsplugin.json").rdbuf();
    EXPECT_EQ(View(module->manifest), text.str());
    EXPECT_EQ(Open(name), module);  // idempotent
  }
}

TEST_F(ThunkTest, Error_BecomesCodeAndProblem) {
  EXPECT_EQ(Apply("error"), NS_E_EXISTS);
  ASSERT_TRUE(heard_.error);
  EXPECT_EQ(heard_.error->code(), NS_E_EXISTS);
  EXPECT_EQ(heard_.error->reason(), NS_REASON_PORT_TAKEN);
  EXPECT_EQ(heard_.error->message(), "taken");
  EXPECT_EQ(heard_.error->fault(), Fault::kOperator);
  EXPECT_EQ(heard_.error->retry_after(), std::chrono::seconds(2));
  EXPECT_EQ(heard_.error->details(), "d");
  EXPECT_EQ(message_, "error 00");  // the status came although it failed
}

TEST_F(ThunkTest, OtherExceptions_BecomeDefects) {
  EXPECT_EQ(Apply("memory"), NS_E_EXHAUSTED);
  EXPECT_EQ(Apply("exception"), NS_E_INTERNAL);
  EXPECT_EQ(heard_.error->message(), "what");
  EXPECT_EQ(heard_.error->reason(), NS_REASON_DEFECT);
  EXPECT_EQ(Apply("int"), NS_E_INTERNAL);
  EXPECT_EQ(heard_.times, 3);
  EXPECT_EQ(Apply("fine"), NS_OK);
  EXPECT_EQ(heard_.times, 3);
}

TEST_F(ThunkTest, UnknownEnumValues_MeanWhatTheHeadersSay) {
  ns_route route{};
  route.struct_size = sizeof(route);
  route.auth = 99;
  const ns_route* routes[] = {&route};
  ns_app app{};
  app.state = 99;
  app.strategy = 99;
  app.routes = routes;
  app.route_count = 1;
  EXPECT_EQ(Apply("fine", app), NS_OK);
  EXPECT_EQ(message_, "fine 01 2");  // stopped, recreate, hard
  app.kind = 99;
  EXPECT_EQ(Apply("fine", app), NS_E_UNSUPPORTED);
}

TEST_F(ThunkTest, ShortOrMissingArgument_IsRefused) {
  module_ = Open("test-thrower");
  ns_plugin* plugin = Make(module_, NS_BACKEND);
  const auto* table = static_cast<const ns_backend*>(module_->query(plugin, NS_BACKEND));
  ns_app app{};
  app.struct_size = 8;
  EXPECT_EQ(table->apply(plugin, &heard_.raw, &app, {}), NS_E_INVALID);
  EXPECT_EQ(table->apply(plugin, &heard_.raw, nullptr, {}), NS_E_INVALID);
  EXPECT_EQ(table->remove(plugin, nullptr, Str("a"), nullptr, 0), NS_E_INVALID);  // nobody to tell
  module_->destroy(plugin);
}

TEST_F(ThunkTest, OnlyWhatIsOverridden_IsOffered) {
  module_ = Open("test-thrower");
  ns_plugin* plugin = Make(module_, NS_BACKEND);
  const auto* table = static_cast<const ns_backend*>(module_->query(plugin, NS_BACKEND));
  EXPECT_EQ(table->watch, nullptr);
  EXPECT_NE(table->logs, nullptr);
  EXPECT_EQ(module_->query(plugin, NS_ENGINE), nullptr);
  EXPECT_EQ(module_->query(plugin, "ns.backend/2"), nullptr);
  module_->destroy(plugin);
}

TEST_F(ThunkTest, SinkThatSaysStop_EndsTheCallWithItsValue) {
  module_ = Open("test-thrower");
  ns_plugin* plugin = Make(module_, NS_BACKEND);
  const auto* table = static_cast<const ns_backend*>(module_->query(plugin, NS_BACKEND));
  ns_log_query query{};
  query.struct_size = sizeof(query);
  int lines = 0;
  const ns_log_sink sink{&lines, [](void* ctx, const ns_log_line*) noexcept -> ns_status {
                           return ++*static_cast<int*>(ctx) < 3 ? NS_OK : NS_E_EXHAUSTED;
                         }};
  EXPECT_EQ(table->logs(plugin, &heard_.raw, &query, sink), NS_E_EXHAUSTED);
  EXPECT_EQ(lines, 3);
  EXPECT_EQ(heard_.times, 0);
  module_->destroy(plugin);
}

TEST_F(ThunkTest, Create_MakesTheClassOfTheKindOrSaysWhyNot) {
  module_ = Open("test-thrower");
  ns_plugin* engine = Make(module_, NS_ENGINE);
  ASSERT_NE(engine, nullptr);
  const auto* table = static_cast<const ns_engine*>(module_->query(engine, NS_ENGINE));
  EXPECT_EQ(table->abilities(engine),
            static_cast<uint64_t>(NS_ENGINE_DOCKERFILE | NS_ENGINE_MEMORY_LIMIT));
  module_->destroy(engine);
  EXPECT_EQ(Make(module_, NS_SERVICE), nullptr);
  EXPECT_EQ(created_, NS_E_UNSUPPORTED);
  EXPECT_EQ(Make(module_, NS_BACKEND, "bad"), nullptr);
  EXPECT_EQ(created_, NS_E_INVALID);
  EXPECT_EQ(heard_.error->message(), "bad config");
}

class EngineThunkTest : public ThunkTest {
 protected:
  // What comes of a job of that size, whose sink answers with `answer_`.
  ns_status Run(uint32_t job_size, bool sink = true) {
    module_ = Open("test-thrower");
    ns_plugin* plugin = Make(module_, NS_ENGINE);
    const auto* table = static_cast<const ns_engine*>(module_->query(plugin, NS_ENGINE));
    ns_build_plan plan{};
    plan.struct_size = plan_size_;
    plan.export_path = Str("/srv/dist");
    plan.builder = Str(builder_);
    ns_engine_job job{};
    job.struct_size = job_size;
    job.plan = &plan;
    if (sink)
      job.artifact = {this, [](void* self, ns_bytes bytes) noexcept {
                        auto& test = *static_cast<EngineThunkTest*>(self);
                        test.taken_ += View(bytes);
                        return test.answer_;
                      }};
    const ns_result_sink results{&result_, [](void* to, const ns_engine_result* result) noexcept {
                                   *static_cast<ns_engine_result*>(to) = *result;
                                 }};
    const ns_status status = table->run(plugin, &heard_.raw, &job, {}, results);
    module_->destroy(plugin);
    return status;
  }

  std::string taken_, builder_;
  uint32_t plan_size_ = sizeof(ns_build_plan);
  ns_status answer_ = NS_OK;
  ns_engine_result result_{};
};

TEST_F(EngineThunkTest, Export_GoesToTheSinkOfTheJob) {
  EXPECT_EQ(Run(sizeof(ns_engine_job)), NS_OK);
  EXPECT_EQ(taken_, "/srv/dist");
  EXPECT_EQ(result_.struct_size, sizeof(ns_engine_result));
  EXPECT_EQ(result_.kind, NS_RESULT_ARTIFACT);
  EXPECT_EQ(result_.size, 9);
}

TEST_F(EngineThunkTest, HostThatKnowsNoBuildpacks_NamesNoBuilder) {
  builder_ = "+builder:1";
  EXPECT_EQ(Run(sizeof(ns_engine_job)), NS_OK);
  EXPECT_EQ(std::exchange(taken_, ""), "/srv/dist+builder:1");
  plan_size_ = offsetof(ns_build_plan, builder);
  EXPECT_EQ(Run(sizeof(ns_engine_job)), NS_OK);
  EXPECT_EQ(taken_, "/srv/dist");
}

TEST_F(EngineThunkTest, HostThatKnowsNoExports_GivesNoSink) {
  EXPECT_EQ(Run(offsetof(ns_engine_job, artifact)), NS_OK);
  EXPECT_EQ(result_.kind, NS_RESULT_IMAGE);
  EXPECT_EQ(Run(sizeof(ns_engine_job), false), NS_OK);
  EXPECT_EQ(result_.kind, NS_RESULT_IMAGE);
  EXPECT_EQ(taken_, "");
}

TEST_F(EngineThunkTest, SinkThatSaysStop_EndsTheRunWithItsValue) {
  answer_ = NS_E_EXHAUSTED;
  EXPECT_EQ(Run(sizeof(ns_engine_job)), NS_E_EXHAUSTED);
  EXPECT_EQ(heard_.times, 0);
}

TEST_F(ThunkTest, Deactivate_LetsNoExceptionOut) {
  module_ = Open("test-thrower");
  ns_plugin* plugin = Make(module_, NS_BACKEND);
  EXPECT_EQ(module_->activate(plugin, &heard_.raw), NS_OK);
  module_->deactivate(plugin);
  module_->destroy(plugin);
}

TEST_F(ThunkTest, PluginInC_SpeaksTheSameTables) {
  module_ = Open("test-tiny-c");
  ns_plugin* plugin = Make(module_, NS_SERVICE);
  const auto* table = static_cast<const ns_service*>(module_->query(plugin, NS_SERVICE));
  EXPECT_EQ(table->health(plugin, &heard_.raw), NS_E_PRECONDITION);
  EXPECT_EQ(heard_.error->reason(), "NotStarted");
  const ns_listener listener{sizeof(ns_listener), 3, Str("unix:/x")};
  const ns_listener* listeners[] = {&listener};
  EXPECT_EQ(table->start(plugin, &heard_.raw, listeners, 1), NS_OK);
  EXPECT_EQ(table->health(plugin, &heard_.raw), NS_OK);
  module_->destroy(plugin);
}

}  // namespace
}  // namespace ns::sdk
