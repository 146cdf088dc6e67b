#include "link/grpc_status.h"

#include <grpcpp/grpcpp.h>

namespace ns::link {
namespace {

constexpr int kAliveEvery = 5000, kAliveLimit = 5000;  // ms

std::shared_ptr<grpc::ChannelCredentials> CredentialsFor(const std::string& address,
                                                         const Identity& identity) {
  if (!SpeaksTls(address, identity)) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = identity.ca;
  options.pem_cert_chain = identity.certificate;
  options.pem_private_key = identity.key.Reveal();
  return grpc::SslCredentials(options);
}

std::string Text(grpc::string_ref text) { return {text.data(), text.size()}; }

}  // namespace

grpc::Status ToGrpc(const Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), status.message(), status.reason()};
}

Status FromGrpc(const grpc::Status& status) {
  return {static_cast<Code>(status.error_code()), status.error_details(), status.error_message()};
}

Credentials CredentialsOf(const grpc::ServerContextBase& context) {
  Credentials shown;
  const auto& metadata = context.client_metadata();
  if (const auto found = metadata.find("authorization"); found != metadata.end())
    shown.authorization = Text(found->second);
  const auto peer = context.auth_context();
  if (!peer || !peer->IsPeerAuthenticated()) return shown;
  for (const char* property : {"x509_common_name", "x509_subject_alternative_name"}) {
    for (const grpc::string_ref& name : peer->FindPropertyValues(property))
      shown.certificates.push_back(Text(name));
  }
  return shown;
}

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address, const Identity& identity) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kAliveEvery);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kAliveLimit);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, CredentialsFor(address, identity), arguments);
}

void ShowIdentity(grpc::ClientContext& context, const Identity& identity) {
  if (!identity.token.empty())
    context.AddMetadata("authorization", "Bearer " + identity.token.Reveal());
}

std::chrono::system_clock::time_point DeadlineIn(Duration left) {
  return std::chrono::time_point_cast<std::chrono::system_clock::duration>(SystemClock().Now() +
                                                                           left);
}

void SetDeadline(grpc::ClientContext& context, Duration left) {
  context.set_deadline(DeadlineIn(left));
}

}  // namespace ns::link
