#include "plugin/build_view.h"

#include "ns/sdk/text.h"

namespace ns::plugin {

RequestView::RequestView(const ports::BuildRequest& request)
    : env_(request.env),
      entrypoint_(sdk::Slices(request.entrypoint)),
      command_(sdk::Slices(request.command)) {
  raw_.struct_size = sizeof(raw_);
  raw_.app = sdk::Str(request.app.str());
  raw_.build = sdk::Str(request.build.str());
  raw_.source = sdk::Str(request.source);
  raw_.settings = sdk::Str(request.settings);
  raw_.artifact_path = sdk::Str(request.artifact_path);
  raw_.entrypoint = entrypoint_.data();
  raw_.entrypoint_count = entrypoint_.size();
  raw_.command = command_.data();
  raw_.command_count = command_.size();
  raw_.env = env_.data();
  raw_.env_count = env_.size();
}

PlanView::PlanView(const ports::BuildPlan& plan) : secrets_(plan.secrets) {
  for (const auto& [key, value] : plan.args)
    args_.push_back({sizeof(ns_build_arg), 0, sdk::Str(key), sdk::Str(value)});
  arg_pointers_ = sdk::Pointers(args_);
  raw_.struct_size = sizeof(raw_);
  raw_.ignore_dockerignore = plan.ignore_dockerignore ? 1 : 0;
  raw_.dockerfile_text = sdk::Str(plan.dockerfile_text);
  raw_.dockerfile_path = sdk::Str(plan.dockerfile_path);
  raw_.context = sdk::Str(plan.context);
  raw_.target = sdk::Str(plan.target);
  raw_.args = arg_pointers_.data();
  raw_.arg_count = arg_pointers_.size();
  raw_.secrets = secrets_.data();
  raw_.secret_count = secrets_.size();
  raw_.export_path = sdk::Str(plan.export_path);
  raw_.builder = sdk::Str(plan.builder);
  raw_.run_image = sdk::Str(plan.run_image);
  raw_.platform_api = sdk::Str(plan.platform_api);
}

ListingView::ListingView(const ports::SourceListing& listing) : truncated_(listing.truncated) {
  for (const ports::SourceFile& file : listing.files)
    files_.push_back({sizeof(ns_source_file), 0, sdk::Str(file.path), file.size});
  pointers_ = sdk::Pointers(files_);
}

ns_source_listing ListingView::With(void* ctx, decltype(ns_source_listing::head) head) const {
  return {
      sizeof(ns_source_listing), truncated_ ? 1 : 0, pointers_.data(), pointers_.size(), ctx, head};
}

ports::BuildPlan PlanFrom(const ns_build_plan* raw) {
  ports::BuildPlan plan;
  plan.dockerfile_text = sdk::Text(raw->dockerfile_text);
  plan.dockerfile_path = sdk::Text(raw->dockerfile_path);
  plan.context = sdk::Text(raw->context);
  plan.target = sdk::Text(raw->target);
  plan.ignore_dockerignore = raw->ignore_dockerignore != 0;
  for (size_t i = 0; i < raw->arg_count; ++i) {
    if (NS_HAS(raw->args[i], value))
      plan.args.emplace_back(sdk::Text(raw->args[i]->key), sdk::Text(raw->args[i]->value));
  }
  for (size_t i = 0; i < raw->secret_count; ++i) {
    const ns_env* secret = raw->secrets[i];
    if (!NS_HAS(secret, value)) continue;
    plan.secrets.push_back({sdk::Text(secret->key), Secret(sdk::Text(secret->value)),
                            model::EnvScope::kBuild, secret->secret != 0});
  }
  plan.export_path = sdk::Text(raw->export_path);
  if (!NS_HAS(raw, platform_api)) return plan;
  plan.builder = sdk::Text(raw->builder);
  plan.run_image = sdk::Text(raw->run_image);
  plan.platform_api = sdk::Text(raw->platform_api);
  return plan;
}

}  // namespace ns::plugin
