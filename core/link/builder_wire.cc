#include "link/builder_wire.h"

#include <algorithm>

#include "link/remote_wire.h"

namespace ns::link {
namespace {

using model::BuildStatus;

constexpr Duration kLongestWait = std::chrono::hours(24);
constexpr size_t kMaxName = 256, kMaxText = 64 << 10;

// What is longer than the other side takes would cost the stream.
std::string Cut(const std::string& text, size_t limit) { return text.substr(0, limit); }

Status Broken(const std::string& what) {
  return Status(Code::kInvalid, "ProtocolBroken", "a message breaks the protocol: " + what);
}

bool IsCode(uint32_t code) {
  return code <= 16 && code != 2 && code != 11 && code != 15;  // those of base/status.h
}

google::protobuf::Duration ToWire(Duration span) {
  google::protobuf::Duration out;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span);
  out.set_seconds(seconds.count());
  out.set_nanos(static_cast<int32_t>((span - seconds).count()));
  return out;
}

Result<Duration> FromWire(const google::protobuf::Duration& span) {
  const bool sane = span.seconds() >= 0 &&
                    span.seconds() <= kLongestWait / std::chrono::seconds(1) && span.nanos() >= 0 &&
                    span.nanos() < 1'000'000'000;
  if (!sane) return Broken("a span of time");
  return Duration(std::chrono::seconds(span.seconds()) + std::chrono::nanoseconds(span.nanos()));
}

wire::Settle::Status ToWire(BuildStatus status) {
  switch (status) {
    case BuildStatus::kSucceeded:
      return wire::Settle::SUCCEEDED;
    case BuildStatus::kFailed:
      return wire::Settle::FAILED;
    case BuildStatus::kCancelled:
      return wire::Settle::CANCELLED;
    case BuildStatus::kQueued:
      return wire::Settle::QUEUED;
    default:
      return wire::Settle::UNSPECIFIED;
  }
}

Result<BuildStatus> FromWire(wire::Settle::Status status) {
  switch (status) {
    case wire::Settle::SUCCEEDED:
      return BuildStatus::kSucceeded;
    case wire::Settle::FAILED:
      return BuildStatus::kFailed;
    case wire::Settle::CANCELLED:
      return BuildStatus::kCancelled;
    case wire::Settle::QUEUED:
      return BuildStatus::kQueued;
    default:
      return Broken("how a build ended");
  }
}

Result<model::PluginState> FromWire(const wire::Plugin& plugin) {
  for (const std::string& text :
       {plugin.instance(), plugin.plugin(), plugin.kind(), plugin.version(), plugin.reason()}) {
    if (text.size() > kMaxName) return Broken("the name of a plugin");
  }
  return model::PluginState{plugin.instance(),  plugin.plugin(),   plugin.kind(),
                            plugin.version(),   plugin.required(), plugin.healthy(),
                            plugin.reason(),    plugin.message(),  plugin.config_schema(),
                            plugin.app_schema()};
}

}  // namespace

void ToWire(const ports::Remote& remote, wire::Credentials& credentials, std::string& id,
            std::string& url) {
  id = remote.id.str();
  url = remote.url;
  const model::GitCredentials& from = remote.credentials;
  credentials.set_method(static_cast<wire::Credentials::Method>(from.method));
  credentials.set_username(from.username);
  credentials.set_password(from.password.Reveal());
  credentials.set_ssh_private_key(from.ssh_private_key.Reveal());
  credentials.mutable_host_keys()->Assign(from.host_keys.begin(), from.host_keys.end());
}

ports::Remote RemoteFrom(const std::string& id, const std::string& url,
                         const wire::Credentials& credentials) {
  return {RepositoryId(id),
          url,
          {static_cast<model::GitAuth>(credentials.method()),
           credentials.username(),
           Secret(credentials.password()),
           Secret(credentials.ssh_private_key()),
           {credentials.host_keys().begin(), credentials.host_keys().end()}}};
}

void ToWire(const Status& status, wire::Outcome& out) {
  out.set_code(static_cast<uint32_t>(status.code()));
  out.set_reason(Cut(status.reason(), kMaxName));
  out.set_message(Cut(status.message(), kMaxText));
  out.set_fault(static_cast<wire::Outcome::Fault>(status.fault()));
  if (status.retry_after()) *out.mutable_retry_after() = ToWire(*status.retry_after());
}

Status FromWire(const wire::Outcome& outcome, Status& out) {
  if (!IsCode(outcome.code())) return Broken("a code");
  if (!wire::Outcome::Fault_IsValid(outcome.fault())) return Broken("a fault");
  if (outcome.reason().size() > kMaxName) return Broken("a reason");
  out = Status(static_cast<Code>(outcome.code()), outcome.reason(), outcome.message());
  out.SetFault(static_cast<Fault>(outcome.fault()));
  if (outcome.has_retry_after()) {
    NS_ASSIGN(const Duration wait, FromWire(outcome.retry_after()));
    out.SetRetryAfter(wait);
  }
  return {};
}

void ToWire(const ports::Claim& claim, wire::Claim& out) {
  out.set_build_id(claim.build.str());
  out.set_token(claim.token);
}

Result<ports::Claim> FromWire(const wire::Claim& claim) {
  if (!IsId(claim.build_id()) || claim.token().size() > kMaxName) return Broken("a claim");
  return ports::Claim{BuildId(claim.build_id()), claim.token()};
}

void ToWire(const model::Host& host, wire::HostState& out) {
  out.set_slots(static_cast<uint32_t>(std::max(host.build_slots, 0)));
  for (const std::string& method : host.build_methods) out.add_build_methods(Cut(method, kMaxName));
  for (const model::PluginState& state : host.plugins) {
    wire::Plugin& plugin = *out.add_plugins();
    plugin.set_instance(Cut(state.instance, kMaxName));
    plugin.set_plugin(Cut(state.plugin, kMaxName));
    plugin.set_kind(Cut(state.kind, kMaxName));
    plugin.set_version(Cut(state.version, kMaxName));
    plugin.set_required(state.required);
    plugin.set_healthy(state.healthy);
    plugin.set_reason(Cut(state.reason, kMaxName));
    plugin.set_message(Cut(state.message, kMaxText));
    plugin.set_config_schema(state.config_schema);
    plugin.set_app_schema(state.app_schema);
  }
}

Result<model::Host> FromWire(const wire::HostState& state) {
  if (state.slots() > kMaxSlots) return Broken("the number of builds at once");
  if (state.plugins_size() > kMaxPlugins || state.build_methods_size() > kMaxPlugins)
    return Broken("the number of plugins");
  model::Host host;
  host.build_slots = static_cast<int>(state.slots());
  for (const std::string& method : state.build_methods()) {
    if (method.size() > kMaxName) return Broken("the name of a build method");
    host.build_methods.push_back(method);
  }
  for (const wire::Plugin& plugin : state.plugins()) {
    NS_ASSIGN(model::PluginState one, FromWire(plugin));
    host.plugins.push_back(std::move(one));
  }
  return host;
}

void ToWire(const std::vector<model::Build>& builds, wire::Claims& out) {
  for (const model::Build& build : builds) {
    wire::ClaimedBuild& one = *out.add_builds();
    ToWire({build.id, build.lease.token}, *one.mutable_claim());
    one.set_application_id(build.app.str());
    one.set_commit(build.commit);
    one.set_attempt(static_cast<uint32_t>(build.attempt));
  }
}

Result<std::vector<model::Build>> FromWire(const wire::Claims& claims) {
  std::vector<model::Build> builds;
  for (const wire::ClaimedBuild& one : claims.builds()) {
    NS_ASSIGN(const ports::Claim claim, FromWire(one.claim()));
    if (!IsId(one.application_id()) || one.attempt() > 1'000'000) return Broken("a claimed build");
    model::Build& build = builds.emplace_back();
    build.id = claim.build;
    build.lease.token = claim.token;
    build.app = AppId(one.application_id());
    build.commit = one.commit();
    build.attempt = static_cast<int>(one.attempt());
    build.status = BuildStatus::kBuilding;
  }
  return builds;
}

void ToWire(const ports::BuildOrder& order, wire::Order& out) {
  out.set_application_id(order.app.str());
  out.set_method(order.method);
  out.set_settings(order.settings);
  out.set_artifact_path(order.artifact_path);
  out.set_entrypoint(order.entrypoint);
  out.set_command(order.command);
  for (const model::EnvVar& variable : order.env) {
    wire::Variable& one = *out.add_variables();
    one.set_key(variable.key);
    one.set_value(variable.value.Reveal());
    one.set_secret(variable.secret);
    one.set_system(variable.system);
  }
  ToWire(order.remote, *out.mutable_credentials(), *out.mutable_repository_id(),
         *out.mutable_url());
  out.set_image(order.image);
  out.set_registry_username(order.registry_username);
  out.set_registry_password(order.registry_password.Reveal());
}

Result<ports::BuildOrder> FromWire(const wire::Order& order) {
  const wire::Credentials& credentials = order.credentials();
  const bool ids = IsId(order.application_id()) && IsId(order.repository_id());
  if (!ids || !wire::Credentials::Method_IsValid(credentials.method())) return Broken("an order");
  ports::BuildOrder out;
  out.app = AppId(order.application_id());
  out.method = order.method();
  out.settings = order.settings();
  out.artifact_path = order.artifact_path();
  out.entrypoint = order.entrypoint();
  out.command = order.command();
  for (const wire::Variable& variable : order.variables()) {
    out.env.push_back({variable.key(), Secret(variable.value()), model::EnvScope::kBuild,
                       variable.secret(), variable.system()});
  }
  out.remote = RemoteFrom(order.repository_id(), order.url(), credentials);
  out.image = order.image();
  out.registry_username = order.registry_username();
  out.registry_password = Secret(order.registry_password());
  return out;
}

void ToWire(const model::BuildResult& result, wire::Settle& out) {
  out.set_status(ToWire(result.status));
  ToWire(result.outcome, *out.mutable_outcome());
  out.mutable_image()->set_reference(result.image.reference);
  out.mutable_image()->set_digest(result.image.digest);
  out.mutable_image()->set_size(std::max<int64_t>(result.image.size, 0));
  *out.mutable_retry_in() = ToWire(std::clamp<Duration>(result.retry_in, {}, kLongestWait));
}

Result<model::BuildResult> FromWire(const wire::Settle& settle) {
  model::BuildResult result;
  NS_ASSIGN(result.status, FromWire(settle.status()));
  NS_TRY(FromWire(settle.outcome(), result.outcome));
  result.image = {settle.image().reference(), settle.image().digest(), settle.image().size()};
  if (result.image.size < 0) return Broken("the size of an image");
  NS_ASSIGN(result.retry_in, FromWire(settle.retry_in()));
  return result;
}

}  // namespace ns::link
