#include "api/convert.h"

#include <algorithm>
#include <limits>

#include "api/build_config.h"
#include "model/repository_url.h"
#include "model/validate.h"

namespace ns::api {
namespace {

constexpr int64_t kMicros = 1'000'000;

}  // namespace

bool IsCommitHash(const std::string& text) {
  return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

google::protobuf::Timestamp ToProto(Time time) {
  const int64_t micros = time.time_since_epoch().count();
  const int64_t seconds = micros >= 0 ? micros / kMicros : -((kMicros - 1 - micros) / kMicros);
  google::protobuf::Timestamp out;
  out.set_seconds(seconds);
  out.set_nanos(static_cast<int32_t>((micros - seconds * kMicros) * 1000));
  return out;
}

Time FromProto(const google::protobuf::Timestamp& time) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max() / kMicros - 1;
  const int64_t seconds = std::clamp(time.seconds(), -kMost, kMost);
  return Time(std::chrono::microseconds(seconds * kMicros +
                                        std::clamp(time.nanos(), 0, 999'999'999) / 1000));
}

pb::NullTimestamp ToNullable(Time time) {
  pb::NullTimestamp out;
  out.set_valid(time != kNever);
  if (time != kNever) *out.mutable_timestamp() = ToProto(time);
  return out;
}

pb::User ToProto(const model::User& user, const std::string& avatar_base) {
  pb::User out;
  out.set_id(user.id.str());
  out.set_name(user.name);
  out.set_admin(user.admin);
  if (!avatar_base.empty()) out.set_avatar_url(avatar_base + user.name);
  return out;
}

pb::Repository ToProto(const model::Repository& repository) {
  pb::Repository out;
  out.set_id(repository.id.str());
  out.set_name(repository.name);
  out.set_url(repository.url);
  out.set_html_url(model::HtmlUrl(repository.url));
  out.set_auth_method(static_cast<pb::Repository::AuthMethod>(repository.credentials.method));
  AddOwners(repository.owners, out.mutable_owner_ids());
  return out;
}

static pb::Artifact ArtifactOf(const model::Build& build) {
  pb::Artifact out;
  out.set_id(build.id.str());
  out.set_name(kArtifactName);
  out.set_build_id(build.id.str());
  out.set_size(build.image.size);
  *out.mutable_created_at() = ToProto(build.finished_at);
  *out.mutable_deleted_at() =
      ToNullable(build.image_state == model::ImageState::kKept ? kNever : build.updated_at);
  return out;
}

pb::Build ToProto(const model::Build& build) {
  pb::Build out;
  out.set_id(build.id.str());
  out.set_application_id(build.app.str());
  out.set_commit(build.commit);
  out.set_status(static_cast<pb::BuildStatus>(build.status));
  *out.mutable_queued_at() = ToProto(build.queued_at);
  *out.mutable_started_at() = ToNullable(build.started_at);
  *out.mutable_updated_at() = ToNullable(build.updated_at);
  *out.mutable_finished_at() = ToNullable(build.finished_at);
  out.set_retriable(build.retriable);
  if (build.image.IsArtifact()) {
    *out.add_artifacts() = ArtifactOf(build);
  } else if (!build.image.digest.empty()) {
    auto* image = out.mutable_runtime_image();
    image->set_id(build.id.str());  // an image has no name besides its build's
    image->set_build_id(build.id.str());
    image->set_size(build.image.size);
    *image->mutable_created_at() = ToProto(build.finished_at);
  }
  return out;
}

pb::Website ToProto(const model::Website& website) {
  pb::Website out;
  out.set_id(website.id.str());
  out.set_fqdn(website.fqdn);
  out.set_path_prefix(website.path_prefix);
  out.set_strip_prefix(website.strip_prefix);
  out.set_https(website.https);
  out.set_h2c(website.h2c);
  out.set_http_port(website.port);
  out.set_authentication(static_cast<pb::AuthenticationType>(website.auth));
  return out;
}

pb::PortPublication ToProto(const model::PortPublication& port) {
  pb::PortPublication out;
  out.set_internet_port(port.internet_port);
  out.set_application_port(port.application_port);
  out.set_protocol(static_cast<pb::PortPublicationProtocol>(port.protocol));
  return out;
}

pb::Application ToProto(const ports::ListedApp& listed) {
  const model::Application& app = listed.app;
  pb::Application out;
  out.set_id(app.id.str());
  out.set_name(app.name);
  out.set_repository_id(app.repository.str());
  out.set_ref_name(app.ref);
  out.set_commit(app.commit.empty() ? model::kNoCommit : app.commit);
  out.set_deploy_type(static_cast<pb::DeployType>(app.deploy_type));
  out.set_running(app.desired == model::DesiredState::kRunning);
  out.set_container(static_cast<pb::Application::ContainerState>(listed.stamp.container));
  out.set_container_message(app.deleted ? "the application is being deleted"
                                        : listed.stamp.message);
  out.set_current_build(listed.current_build.str());
  *out.mutable_created_at() = ToProto(app.created_at);
  *out.mutable_updated_at() = ToProto(app.updated_at);
  *out.mutable_config() = WriteConfig(app);
  for (const model::Website& website : app.websites) *out.add_websites() = ToProto(website);
  for (const model::PortPublication& port : app.ports) *out.add_port_publications() = ToProto(port);
  AddOwners(app.owners, out.mutable_owner_ids());
  if (listed.latest_status)
    out.set_latest_build_status(static_cast<pb::BuildStatus>(*listed.latest_status));
  return out;
}

model::Website FromProto(const pb::CreateWebsiteRequest& website) {
  model::Website out;
  out.fqdn = model::CanonicalHost(website.fqdn());
  out.path_prefix =
      website.path_prefix().empty() ? "/" : model::CanonicalPath(website.path_prefix());
  out.strip_prefix = website.strip_prefix();
  out.https = website.https();
  out.h2c = website.h2c();
  out.port = website.http_port() == 0 ? 80 : website.http_port();
  out.auth = static_cast<model::AuthPolicy>(website.authentication());
  return out;
}

model::PortPublication FromProto(const pb::PortPublication& port) {
  return {port.internet_port(), port.application_port(),
          static_cast<model::Protocol>(port.protocol())};
}

}  // namespace ns::api
