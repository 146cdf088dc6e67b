// A plugin of every kind for the tests of the plugin host. What it does follows from its
// configuration and from what it is asked for.
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <stdexcept>

#include "ns/sdk/backend.h"
#include "ns/sdk/engine.h"
#include "ns/sdk/plugin.h"
#include "ns/sdk/service.h"

namespace {

using namespace ns::sdk;
using namespace std::chrono_literals;

bool Says(const Setup& setup, const std::string& mode) {
  return setup.config.find("\"" + mode + "\"") != std::string::npos;
}
bool Exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

class SampleBackend final : public Backend {
 public:
  explicit SampleBackend(const Setup& setup) : setup_(setup) {
    if (Says(setup, "fail-create"))
      throw Error{NS_E_PRECONDITION, "SampleBroken", "the sample shall not be made"};
    if (Says(setup, "throw-create")) throw std::runtime_error("constructor threw");
  }

  void Activate(const Call&) override {
    if (Says(setup_, "fail-activate"))
      throw Error{NS_E_DENIED, "SampleDenied", "the sample may not"};
    if (Says(setup_, "away") && !Exists(setup_.host.data_dir() + "/here"))
      throw Error{NS_E_UNAVAILABLE, "SampleAway", "the sample is away"};
    if (Says(setup_, "late") && !Exists(setup_.host.data_dir() + "/here"))
      throw Error{NS_E_DEADLINE, NS_REASON_TIMED_OUT, "the sample's server is silent"};
    setup_.host.log().Info("sample active", {{"mode", setup_.config}});
  }

  void Apply(const Call& call, const App& app, const StatusSink& status) override {
    if (app.name == "throw") throw std::runtime_error("boom");
    if (app.name == "throw-int") throw 42;
    if (app.name == "refuse") {
      throw Error{NS_E_STALE, NS_REASON_STALE_FENCE, "a newer one was there", Fault::kPlatform}
          .SetRetryAfter(3s);
    }
    if (app.name == "wait") call.Wait(1h);
    while (app.name == "stuck" && !Exists(setup_.host.data_dir() + "/release")) ::usleep(2000);
    setup_.host.state().Put(call, "app." + app.id, Describe(app));
    status.Put(Observe(call, app.id));
  }

  void Remove(const Call& call, const std::string& app, const Fence&, bool data) override {
    setup_.host.state().Put(call, "app." + app, data ? "" : "kept");
  }

  AppStatus Observe(const Call& call, const std::string& app) override {
    AppStatus status;
    const auto kept = setup_.host.state().Get(call, "app." + app);
    status.exists = kept.has_value();
    status.message = kept.value_or("nothing");
    status.container = kept ? Container::kRunning : Container::kMissing;
    status.reason = kept ? NS_REASON_RUNNING : NS_REASON_NEVER_DEPLOYED;
    status.fence = {7, static_cast<int64_t>(setup_.host.state().List(call, "app.").size())};
    status.phases = {{"pull", UtcTime(1us)}, {"done", UtcTime(2us)}};
    return status;
  }

  void Survey(const Call& call, const std::vector<std::string>& apps,
              const SurveySink& statuses) override {
    for (const std::string& app : apps) {
      if (app == "left-out") continue;
      statuses.Put(app, Observe(call, app));
      statuses.Put(app, {});  // more than the host asked for
    }
    statuses.Put("not-asked-for", {});
  }

  void Watch(const Call& call, const ChangeSink& changes) override {
    changes.AnyMayHaveChanged();
    changes.Changed("a");
    call.Wait(1h);
  }

  void Logs(const Call&, const LogQuery& query, const LogSink& sink) override {
    const std::string text = query.app == "long" ? std::string(100'000, 'x') : " \xff line";
    for (int i = 0; i < query.limit; ++i)
      sink.Put(UtcTime(std::chrono::microseconds(i + 1)), i % 2 == 1, query.app + text);
  }

  void Usages(const Call&, const UsageSink& sink) override {
    sink.Put({"a", "a-1", 5'000'000'000, 1 << 20, 10, 20});
    sink.Put({"b\xff", "b-1"});
  }

 private:
  static std::string Describe(const App& app) {
    std::string text = app.id + "|" + std::to_string(app.fence.generation) + "|" + app.run_key +
                       "|" + app.page_upstream;
    for (const Process& process : app.processes) {
      text += "|" + process.image + " x" + std::to_string(process.replicas) + " probe " +
              process.probe.path;
      for (const auto& word : process.command) text += " " + word;
      for (const EnvVar& variable : process.env)
        text += " " + variable.key + "=" + variable.value + (variable.secret ? "!" : "");
    }
    for (const Route& route : app.routes)
      text += "|" + route.host + route.path + ":" + std::to_string(route.port) +
              (route.tls ? " tls" : "");
    for (const Port& port : app.ports)
      text +=
          "|" + std::to_string(port.internet_port) + ">" + std::to_string(port.application_port);
    return text;
  }

  const Setup setup_;
};

class SampleMethod final : public BuildMethod {
 public:
  explicit SampleMethod(const Setup&) {}
  BuildPlan Plan(const Call&, const BuildRequest& request) override {
    BuildPlan plan;
    plan.dockerfile_text = "FROM scratch\n# " + request.settings + " " + request.source;
    for (const auto& word : request.command) plan.args.emplace_back("word", word);
    plan.secrets = request.env;
    plan.ignore_dockerignore = true;
    plan.export_path = request.artifact_path;
    if (request.artifact_path == "/built") {
      plan.builder = "builder:1";
      plan.run_image = "run:1";
      plan.platform_api = "0.12";
    }
    return plan;
  }
  // One for each file, whose first line says how; then whatever else there is.
  std::vector<Suggestion> Detect(const Call&, const SourceListing& source) override {
    std::vector<Suggestion> suggestions;
    for (const SourceFile& file : source.files) {
      const std::string head = source.head(file.path);
      if (head == "silent") return {};
      if (head == "refuse") throw Error{NS_E_PRECONDITION, "SampleBroken", "cannot look"};
      Suggestion one{250, R"({"text": ")" + file.path + "\"}", "out", "run " + file.path,
                     std::to_string(file.size) + " bytes, seen " + std::to_string(head.size())};
      if (head == "misfit") one.settings = R"({"text": 1})";
      if (head == "unexplained") one.why.clear();
      suggestions.push_back(one);
    }
    if (source.truncated)
      suggestions.push_back({-5, "", "", "", source.head("elsewhere") + "more"});
    return suggestions;
  }
};

class SampleEngine final : public Engine {
 public:
  explicit SampleEngine(const Setup& setup) : exports_(Says(setup, "exports")) {}
  EngineAbilities Abilities() noexcept override {
    EngineAbilities can;
    can.dockerfile = can.time_limit = true;
    can.exports = can.buildpack = exports_;
    return can;
  }
  EngineResult Run(const Call&, const EngineJob& job, const ByteSink& log) override {
    log.Write("one " + job.reference + " as " + job.push_username + ":" + job.push_password + "\n");
    log.Write("two " + job.plan.dockerfile_text + "\n");
    if (job.attempt == 2)
      throw Error{NS_E_INVALID, NS_REASON_COMMAND_FAILED, "make: no rule", Fault::kSource};
    if (!job.plan.builder.empty())
      log.Write(job.plan.builder + " " + job.plan.run_image + " " + job.plan.platform_api + "\n");
    if (job.plan.export_path == "/image") return {"sha256:abc", 12};
    if (job.plan.export_path == "/strange") return {"", 4, static_cast<ResultKind>(7)};
    if (!job.artifact) return {"sha256:abc", 12};
    for (const char* piece : {"tar ", "of ", "it"}) job.artifact->Write(piece);
    return {"", 9, ResultKind::kArtifact};
  }
  void Abort(const Call&, const std::string& build) override {
    throw Error{NS_E_NOT_FOUND, "", "no run of build " + build};
  }

 private:
  const bool exports_;
};

// Asks the platform once when it is started; tells the answer as its health.
class SampleService final : public Service {
 public:
  explicit SampleService(const Setup& setup) : setup_(setup), answer_(std::make_shared<Answer>()) {}

  void Start(const Call&, const std::vector<Listener>& listeners) override {
    Peer peer;
    peer.address = "127.0.0.1";
    peer.headers = {{"x-user", "alice"}};
    for (const Listener& listener : listeners)
      peer.headers.emplace_back(listener.address, std::to_string(listener.fd));
    request_ = setup_.host.api().Invoke(peer, "p.S/M", "ask " + setup_.host.api().Descriptors(),
                                        std::nullopt, 1, answer_);
  }
  void Drain(const Call&) override { request_.Cancel(); }
  void Health(const Call& call) override {
    while (!answer_->Over()) call.Wait(1ms);
    throw Error{NS_E_PRECONDITION, "Answer", answer_->Text()};
  }

 private:
  class Answer final : public ApiReceiver {
   public:
    void OnMessage(std::string_view message) noexcept override {
      const std::lock_guard lock(mutex_);
      text_ += std::string(message) + ";";
    }
    void OnEnd(const ApiEnd& end) noexcept override {
      const std::lock_guard lock(mutex_);
      text_ += end.error ? "failed " + end.error->reason() : "ok";
      over_ = true;
    }
    bool Over() {
      const std::lock_guard lock(mutex_);
      return over_;
    }
    std::string Text() {
      const std::lock_guard lock(mutex_);
      return text_;
    }

   private:
    std::mutex mutex_;
    std::string text_;
    bool over_ = false;
  };

  const Setup setup_;
  const std::shared_ptr<Answer> answer_;
  ApiRequest request_;
};

}  // namespace

NS_PLUGINS("org.example.sample", SampleBackend, SampleMethod, SampleEngine, SampleService);
