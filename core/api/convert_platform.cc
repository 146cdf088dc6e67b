#include "api/convert_platform.h"

#include <algorithm>

namespace ns::api {
namespace {

const char* FaultName(Fault fault) {
  switch (fault) {
    case Fault::kSource:
      return "source";
    case Fault::kOperator:
      return "operator";
    case Fault::kPlatform:
      return "platform";
    case Fault::kUnknown:
      break;
  }
  return "";
}

double Seconds(Time begin, Time end) { return std::chrono::duration<double>(end - begin).count(); }

platform::EnvScope ScopeOf(model::EnvScope scope) {
  switch (scope) {
    case model::EnvScope::kRun:
      return platform::ENV_SCOPE_RUN;
    case model::EnvScope::kBuild:
      return platform::ENV_SCOPE_BUILD;
    case model::EnvScope::kBoth:
      break;
  }
  return platform::ENV_SCOPE_BOTH;
}

}  // namespace

platform::Condition ToProto(const model::Condition& condition) {
  platform::Condition out;
  out.set_type(condition.type);
  out.set_ok(condition.ok);
  out.set_reason(condition.reason);
  out.set_message(condition.message);
  if (condition.since != kNever) *out.mutable_since() = ToProto(condition.since);
  if (condition.last_looked != kNever) *out.mutable_last_looked() = ToProto(condition.last_looked);
  if (condition.next_look != kNever) *out.mutable_next_look() = ToProto(condition.next_look);
  return out;
}

platform::Link ToProto(const plan::WhyLink& link) {
  platform::Link out;
  out.set_name(link.name);
  out.set_wanted(link.wanted);
  out.set_is(link.is);
  out.set_ok(link.ok);
  out.set_reason(link.reason);
  out.set_message(link.message);
  if (link.since != kNever) *out.mutable_since() = ToProto(link.since);
  out.set_cause(link.cause);
  return out;
}

platform::BuildSummary Summarise(const model::Build& build) {
  platform::BuildSummary out;
  out.set_build_id(build.id.str());
  out.set_commit(build.commit);
  out.set_status(pb::BuildStatus_Name(static_cast<pb::BuildStatus>(build.status)));
  out.set_reason(build.outcome.reason());
  out.set_message(build.outcome.message());
  out.set_fault(FaultName(build.outcome.fault()));
  out.set_attempt(build.attempt);
  if (build.queued_at != kNever) *out.mutable_queued_at() = ToProto(build.queued_at);
  if (build.started_at != kNever) *out.mutable_started_at() = ToProto(build.started_at);
  if (build.finished_at != kNever) *out.mutable_finished_at() = ToProto(build.finished_at);
  return out;
}

platform::Deploy ToProto(const Timeline& timeline) {
  platform::Deploy out;
  out.set_generation(timeline.generation);
  out.set_release_id(timeline.release.str());
  out.set_build_id(timeline.build.str());
  out.set_commit(timeline.commit);
  out.set_finished(timeline.finished);
  for (const Step& step : timeline.steps) {
    auto* phase = out.add_phases();
    phase->set_name(step.name);
    *phase->mutable_started_at() = ToProto(step.begin);
    phase->set_seconds(Seconds(step.begin, step.end));
    phase->set_finished(step.finished);
  }
  *out.mutable_started_at() = ToProto(timeline.steps.front().begin);
  out.set_seconds(std::max(0.0, Seconds(timeline.steps.front().begin, timeline.steps.back().end)));
  return out;
}

platform::Release ToProto(const model::Release& release) {
  platform::Release out;
  out.set_id(release.id.str());
  out.set_build_id(release.build.str());
  out.set_commit(release.commit);
  out.set_image_digest(release.image.digest);
  out.set_generation(release.generation);
  out.set_image_gone(release.image_gone);
  out.set_entrypoint(release.entrypoint);
  out.set_command(release.command);
  *out.mutable_created_at() = ToProto(release.created_at);
  return out;
}

std::string ReadableValue(const model::EnvVar& variable) {
  return variable.secret ? std::string() : variable.value.Reveal();
}

platform::EnvVar ToProto(const model::EnvVar& variable) {
  platform::EnvVar out;
  out.set_key(variable.key);
  out.set_value(ReadableValue(variable));
  out.set_scope(ScopeOf(variable.scope));
  out.set_secret(variable.secret);
  out.set_system(variable.system);
  out.set_seal_broken(variable.seal_broken);
  return out;
}

model::EnvScope FromProto(platform::EnvScope scope, model::EnvScope otherwise) {
  switch (scope) {
    case platform::ENV_SCOPE_RUN:
      return model::EnvScope::kRun;
    case platform::ENV_SCOPE_BUILD:
      return model::EnvScope::kBuild;
    case platform::ENV_SCOPE_BOTH:
      return model::EnvScope::kBoth;
    default:
      return otherwise;
  }
}

platform::Plugin ToProto(const model::PluginState& plugin) {
  platform::Plugin out;
  out.set_instance(plugin.instance);
  out.set_plugin(plugin.plugin);
  out.set_kind(plugin.kind);
  out.set_version(plugin.version);
  out.set_required(plugin.required);
  out.set_healthy(plugin.healthy);
  out.set_reason(plugin.reason);
  out.set_message(plugin.message);
  out.set_config_schema(plugin.config_schema);
  out.set_app_schema(plugin.app_schema);
  return out;
}

platform::Host ToProto(const model::Host& host) {
  platform::Host out;
  out.set_id(host.id.str());
  out.set_name(host.name);
  for (const std::string& role : host.roles) out.add_roles(role);
  *out.mutable_last_seen() = ToProto(host.last_seen);
  out.set_build_slots(host.build_slots);
  for (const model::PluginState& plugin : host.plugins) *out.add_plugins() = ToProto(plugin);
  out.set_link_address(host.link_address);
  return out;
}

}  // namespace ns::api
