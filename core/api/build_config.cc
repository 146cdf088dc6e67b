#include "api/build_config.h"

#include "google/protobuf/util/json_util.h"

namespace ns::api {
namespace {

namespace pb = neoshowcase::protobuf;

std::string Settings(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  return google::protobuf::util::MessageToJsonString(message, &json, options).ok() ? json : "{}";
}

// Reads one of the six and notes what is wrong with it.
class Reader {
 public:
  Reader(std::string field, model::Violations& out) : field_(std::move(field)), out_(out) {}

  BuildConfig Runtime(const std::string& method, const pb::RuntimeConfig& run) {
    BuildConfig config;
    config.build.method = method;
    config.run = {run.entrypoint(),
                  run.command(),
                  run.use_mariadb(),
                  run.use_mongodb(),
                  run.auto_shutdown().enabled(),
                  static_cast<int>(run.auto_shutdown().startup())};
    config.kind_field = field_ + ".runtime_config";
    const std::string field = config.kind_field + ".";
    model::CheckCommand(field + "entrypoint", run.entrypoint(), out_);
    model::CheckCommand(field + "command", run.command(), out_);
    return config;
  }

  // `of_image`: the path is one of the image and may begin with "/".
  BuildConfig Static(const std::string& method, const pb::StaticConfig& site,
                     bool of_image = false) {
    BuildConfig config;
    config.deploy_type = model::DeployType::kStatic;
    config.build.method = method;
    config.artifact_path = site.artifact_path();
    config.spa = site.spa();
    config.kind_field = field_ + ".static_config";
    const size_t slashes = of_image ? site.artifact_path().find_first_not_of('/') : 0;
    Needed(".static_config.artifact_path",
           slashes == std::string::npos ? "" : site.artifact_path().substr(slashes), "dist");
    return config;
  }

  void Needed(const char* name, const std::string& path, const char* example) {
    if (path.empty())
      out_.push_back({field_ + name, "must name a path, such as \"" + std::string(example) + "\""});
    model::CheckSourcePath(field_ + name, path, out_);
  }

  void Path(const char* name, const std::string& path) {
    model::CheckSourcePath(field_ + name, path, out_);
  }

  // What runtime_cmd and static_cmd share. The settings of the message without `drop`.
  template <class M>
  void Cmd(const M& message) {
    model::CheckImage(field_ + ".base_image", message.base_image(), out_);
    if (message.build_cmd().size() > 64 * 1024)
      out_.push_back({field_ + ".build_cmd", "must have at most 65536 bytes"});
  }

  void Require(bool holds, const char* name, const char* message) {
    if (!holds) out_.push_back({field_ + name, message});
  }

 private:
  const std::string field_;
  model::Violations& out_;
};

// "" and "." are one folder, and give one build key.
template <class M>
M WithContext(M message) {
  if (message.context().empty()) message.set_context(".");
  return message;
}

template <class M>
M WithoutRun(M message) {
  message.clear_runtime_config();
  return message;
}
template <class M>
M WithoutSite(M message) {
  message.clear_static_config();
  return message;
}

BuildConfig ReadRuntime(const pb::ApplicationConfig& config, model::Violations& out) {
  if (config.has_runtime_buildpack()) {
    Reader reader("config.runtime_buildpack", out);
    BuildConfig read =
        reader.Runtime("runtime-buildpack", config.runtime_buildpack().runtime_config());
    reader.Path(".context", config.runtime_buildpack().context());
    read.build.settings = Settings(WithoutRun(WithContext(config.runtime_buildpack())));
    return read;
  }
  if (config.has_runtime_dockerfile()) {
    const auto& given = config.runtime_dockerfile();
    Reader reader("config.runtime_dockerfile", out);
    BuildConfig read = reader.Runtime("runtime-dockerfile", given.runtime_config());
    reader.Needed(".dockerfile_name", given.dockerfile_name(), "Dockerfile");
    reader.Path(".context", given.context());
    read.build.settings = Settings(WithoutRun(WithContext(given)));
    return read;
  }
  const auto& given = config.runtime_cmd();
  Reader reader("config.runtime_cmd", out);
  BuildConfig read = reader.Runtime("runtime-cmd", given.runtime_config());
  reader.Cmd(given);
  const bool some = !given.base_image().empty() || !given.runtime_config().entrypoint().empty() ||
                    !given.runtime_config().command().empty();
  reader.Require(some, ".base_image", "must be given where neither entrypoint nor command is");
  read.build.settings = Settings(WithoutRun(given));
  return read;
}

BuildConfig ReadStatic(const pb::ApplicationConfig& config, model::Violations& out) {
  if (config.has_static_buildpack()) {
    Reader reader("config.static_buildpack", out);
    BuildConfig read = reader.Static("static-buildpack", config.static_buildpack().static_config());
    reader.Path(".context", config.static_buildpack().context());
    read.build.settings = Settings(WithoutSite(WithContext(config.static_buildpack())));
    return read;
  }
  if (config.has_static_dockerfile()) {
    const auto& given = config.static_dockerfile();
    Reader reader("config.static_dockerfile", out);
    BuildConfig read = reader.Static("static-dockerfile", given.static_config(), true);
    reader.Needed(".dockerfile_name", given.dockerfile_name(), "Dockerfile");
    reader.Path(".context", given.context());
    read.build.settings = Settings(WithoutSite(WithContext(given)));
    return read;
  }
  Reader reader("config.static_cmd", out);
  BuildConfig read = reader.Static("static-cmd", config.static_cmd().static_config());
  reader.Cmd(config.static_cmd());
  read.build.settings = Settings(WithoutSite(config.static_cmd()));
  return read;
}

// Fills `message` from stored settings; what a later version has put there is passed over.
template <class M>
M* Fill(M* message, const std::string& settings) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  if (!google::protobuf::util::JsonStringToMessage(settings, message, options).ok())
    message->Clear();
  return message;
}

}  // namespace

BuildConfig ReadConfig(const pb::ApplicationConfig& config, model::Violations& out) {
  switch (config.build_config_case()) {
    case pb::ApplicationConfig::kRuntimeBuildpack:
    case pb::ApplicationConfig::kRuntimeCmd:
    case pb::ApplicationConfig::kRuntimeDockerfile:
      return ReadRuntime(config, out);
    case pb::ApplicationConfig::kStaticBuildpack:
    case pb::ApplicationConfig::kStaticCmd:
    case pb::ApplicationConfig::kStaticDockerfile:
      return ReadStatic(config, out);
    case pb::ApplicationConfig::BUILD_CONFIG_NOT_SET:
      break;
  }
  out.push_back({"config",
                 "must say how to build: one of runtime_buildpack, runtime_cmd, "
                 "runtime_dockerfile, static_buildpack, static_cmd, "
                 "static_dockerfile"});
  return {};
}

BuildConfig ReadRun(const std::string& method, std::string settings, const pb::RuntimeConfig& run,
                    model::Violations& out) {
  BuildConfig read = Reader("config.other", out).Runtime(method, run);
  read.build.settings = std::move(settings);
  return read;
}

BuildConfig ReadSite(const std::string& method, std::string settings, const pb::StaticConfig& site,
                     model::Violations& out) {
  BuildConfig read = Reader("config.other", out).Static(method, site);
  read.build.settings = std::move(settings);
  return read;
}

pb::RuntimeConfig RunOf(const model::RunSettings& run) {
  pb::RuntimeConfig out;
  out.set_use_mariadb(run.use_mariadb);
  out.set_use_mongodb(run.use_mongodb);
  out.set_entrypoint(run.entrypoint);
  out.set_command(run.command);
  if (run.auto_shutdown || run.startup_behavior != 0) {
    out.mutable_auto_shutdown()->set_enabled(run.auto_shutdown);
    out.mutable_auto_shutdown()->set_startup(
        static_cast<pb::AutoShutdownConfig::StartupBehavior>(run.startup_behavior));
  }
  return out;
}

pb::StaticConfig SiteOf(const model::Application& app) {
  pb::StaticConfig out;
  out.set_artifact_path(app.artifact_path);
  out.set_spa(app.spa);
  return out;
}

pb::ApplicationConfig WriteConfig(const model::Application& app) {
  pb::ApplicationConfig out;
  const std::string& method = app.build.method;
  const std::string& settings = app.build.settings;
  if (method == "runtime-cmd")
    *Fill(out.mutable_runtime_cmd(), settings)->mutable_runtime_config() = RunOf(app.run);
  if (method == "runtime-dockerfile")
    *Fill(out.mutable_runtime_dockerfile(), settings)->mutable_runtime_config() = RunOf(app.run);
  if (method == "runtime-buildpack")
    *Fill(out.mutable_runtime_buildpack(), settings)->mutable_runtime_config() = RunOf(app.run);
  if (method == "static-cmd")
    *Fill(out.mutable_static_cmd(), settings)->mutable_static_config() = SiteOf(app);
  if (method == "static-dockerfile")
    *Fill(out.mutable_static_dockerfile(), settings)->mutable_static_config() = SiteOf(app);
  if (method == "static-buildpack")
    *Fill(out.mutable_static_buildpack(), settings)->mutable_static_config() = SiteOf(app);
  return out;
}

}  // namespace ns::api
