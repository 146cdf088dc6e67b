// Derive from BuildMethod to write how settings and a source become a plan. Reads only: the clauses
// BUILD-01 to -04 of ns/abi/build.h.
#pragma once

#include <concepts>
#include <string>
#include <utility>
#include <vector>

#include "ns/abi/build.h"
#include "ns/sdk/app.h"
#include "ns/sdk/detect.h"

namespace ns::sdk {

struct BuildRequest {
  std::string app, build;
  std::string source;         // absolute path of the checked-out folder
  std::string settings;       // JSON that fits the manifest's app_schema
  std::string artifact_path;  // static methods; else empty
  std::vector<std::string> entrypoint,
      command;              // of the run settings: some methods write them into the image
  std::vector<EnvVar> env;  // build scope only, sorted by key
};

struct BuildPlan {
  std::string dockerfile_text;       // either this
  std::string dockerfile_path;       // or this file, relative to the source
  std::string context = ".";         // folder, relative to the source; "." is all
  std::string target;                // stage, or empty
  bool ignore_dockerignore = false;  // the whole folder is the context
  std::vector<std::pair<std::string, std::string>> args;
  std::vector<EnvVar> secrets;  // offered as secret mounts; the key is the id
  std::string export_path;      // absolute path of a folder of the image; empty: the image
  // By Cloud Native Buildpacks, where `builder` is not empty; then there is no Dockerfile, and
  // `secrets` are the variables of the build.
  std::string builder{};       // reference of the builder image
  std::string run_image{};     // that the result stands on; empty: the one that the builder names
  std::string platform_api{};  // "0.12": of the interface between platform and lifecycle
  friend bool operator==(const BuildPlan&, const BuildPlan&) = default;
};

class BuildMethod : public Instance {
 public:
  static constexpr const char* kKind = NS_BUILD;

  // The same request gives the same plan. Throw with Fault::kSource where the source or its
  // settings are wrong: NS_REASON_SETTINGS_INVALID, NS_REASON_DOCKERFILE_MISSING,
  // NS_REASON_PATH_OUTSIDE_SOURCE. [worker, key: build id]
  virtual BuildPlan Plan(const Call& call, const BuildRequest& request) = 0;

  // Whether and how this method would build such a source: at least one answer, the best first; one
  // with fit 0 says what is missing. Override it to offer it. [worker]
  virtual std::vector<Suggestion> Detect(const Call&, const SourceListing&) { return {}; }

  template <class T>
  static const void* Table();

 private:
  void PlanRaw(const Call& call, const ns_build_request* raw, ns_plan_sink out);
  void DetectRaw(const Call& call, const ns_source_listing* raw, ns_suggestion_sink out);
};

namespace detail {

inline BuildRequest RequestFrom(const ns_build_request* raw) {
  const ns_build_request& from = Given(raw, NS_HAS(raw, env_count));
  BuildRequest request;
  request.app = Text(from.app);
  request.build = Text(from.build);
  request.source = Text(from.source);
  request.settings = Text(from.settings);
  request.artifact_path = Text(from.artifact_path);
  request.entrypoint = Texts(from.entrypoint, from.entrypoint_count);
  request.command = Texts(from.command, from.command_count);
  request.env = ListFrom<EnvVar>(from.env, from.env_count, EnvFrom);
  return request;
}

inline void PutPlan(const BuildPlan& plan, ns_plan_sink out) {
  std::vector<ns_build_arg> args;
  for (const auto& [key, value] : plan.args)
    args.push_back({sizeof(ns_build_arg), 0, Str(key), Str(value)});
  std::vector<ns_env> secrets;
  for (const EnvVar& secret : plan.secrets)
    secrets.push_back({sizeof(ns_env), secret.secret ? 1 : 0, Str(secret.key), Str(secret.value)});
  const auto arg_pointers = Pointers(args);
  const auto secret_pointers = Pointers(secrets);
  ns_build_plan raw{};
  raw.struct_size = sizeof(raw);
  raw.ignore_dockerignore = plan.ignore_dockerignore ? 1 : 0;
  raw.dockerfile_text = Str(plan.dockerfile_text);
  raw.dockerfile_path = Str(plan.dockerfile_path);
  raw.context = Str(plan.context);
  raw.target = Str(plan.target);
  raw.args = arg_pointers.data();
  raw.arg_count = arg_pointers.size();
  raw.secrets = secret_pointers.data();
  raw.secret_count = secret_pointers.size();
  raw.export_path = Str(plan.export_path);
  raw.builder = Str(plan.builder);
  raw.run_image = Str(plan.run_image);
  raw.platform_api = Str(plan.platform_api);
  out.put(out.ctx, &raw);
}

inline BuildPlan PlanFrom(const ns_build_plan* raw) {
  const ns_build_plan& from = Given(raw, NS_HAS(raw, export_path));
  BuildPlan plan;
  plan.dockerfile_text = Text(from.dockerfile_text);
  plan.dockerfile_path = Text(from.dockerfile_path);
  plan.context = Text(from.context);
  plan.target = Text(from.target);
  plan.ignore_dockerignore = from.ignore_dockerignore != 0;
  for (size_t i = 0; i < from.arg_count; ++i) {
    const ns_build_arg& arg = Given(from.args[i], NS_HAS(from.args[i], value));
    plan.args.emplace_back(Text(arg.key), Text(arg.value));
  }
  plan.secrets = ListFrom<EnvVar>(from.secrets, from.secret_count, EnvFrom);
  plan.export_path = Text(from.export_path);
  if (!NS_HAS(raw, platform_api)) return plan;
  plan.builder = Text(from.builder);
  plan.run_image = Text(from.run_image);
  plan.platform_api = Text(from.platform_api);
  return plan;
}

}  // namespace detail

inline void BuildMethod::PlanRaw(const Call& call, const ns_build_request* raw, ns_plan_sink out) {
  BuildRequest request = detail::RequestFrom(raw);
  const detail::WipedOnExit wiped(request.env, &detail::WipeEnv);
  BuildPlan plan = Plan(call, request);
  const detail::WipedOnExit wiped_plan(plan.secrets, &detail::WipeEnv);
  detail::PutPlan(plan, out);
}

inline void BuildMethod::DetectRaw(const Call& call, const ns_source_listing* raw,
                                   ns_suggestion_sink out) {
  for (const Suggestion& suggestion : Detect(call, detail::ListingFrom(raw)))
    detail::PutSuggestion(suggestion, out);
}

template <class T>
const void* BuildMethod::Table() {
  static constexpr bool kDetects =
      !std::same_as<decltype(&T::Detect), decltype(&BuildMethod::Detect)>;
  static constexpr ns_build kTable = {
      sizeof(ns_build),
      0,
      &detail::Thunk<&BuildMethod::PlanRaw>::Run,
      kDetects ? &detail::Thunk<&BuildMethod::DetectRaw>::Run : nullptr,
  };
  return &kTable;
}

}  // namespace ns::sdk
