#include "link/entrance.h"

#include <grpcpp/grpcpp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stop_token>

#include "link/artifact_service.h"
#include "link/link_service.h"

namespace ns::link {
namespace {

using namespace std::chrono_literals;

constexpr int kMaxThreads = 8;
constexpr int kAliveEvery = 5000, kAliveLimit = 5000, kPingsAtMost = 2000;  // ms
constexpr int kMaxMessage = 4 << 20;
constexpr std::string_view kUnix = "unix:";

std::shared_ptr<grpc::ServerCredentials> CredentialsOf(const EntranceOptions& options) {
  if (options.certificate.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions tls(
      options.client_ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = options.client_ca;
  tls.pem_key_cert_pairs.push_back({options.key.Reveal(), options.certificate});
  return grpc::SslServerCredentials(tls);
}

class GrpcEntrance final : public Entrance {
 public:
  GrpcEntrance(EntranceOptions options, EntranceParts parts)
      : options_(std::move(options)),
        admission_(options_.hosts, !options_.client_ca.empty()),
        calls_(NewLinkService(std::move(parts.host), std::move(parts.backends), &admission_,
                              stopping_.get_token())),
        artifacts_(
            NewArtifactService(admission_, parts.desk_for, parts.clock, stopping_.get_token())),
        builders_({admission_, parts.hosts, std::move(parts.desk_for), std::move(parts.joined),
                   std::move(parts.executor), parts.clock}) {}

  ~GrpcEntrance() override {
    stopping_.request_stop();
    builders_.End();
    if (server_)
      server_->Shutdown(std::chrono::time_point_cast<std::chrono::system_clock::duration>(
          SystemClock().Now() + 1s));
    if (OnSocket()) unlink(Path().c_str());
  }

  Status Start() {
    if (OnSocket()) unlink(Path().c_str());  // left by a process that was killed
    grpc::ServerBuilder builder;
    grpc::ResourceQuota quota("entrance");
    quota.SetMaxThreads(kMaxThreads);
    builder.SetResourceQuota(quota);
    builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
    builder.SetMaxReceiveMessageSize(kMaxMessage);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kAliveEvery);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kAliveLimit);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kPingsAtMost);
    builder.AddListeningPort(options_.listen, CredentialsOf(options_), &port_);
    builder.RegisterService(calls_.get());
    builder.RegisterService(artifacts_.get());
    builder.RegisterService(&builders_.service());
    server_ = builder.BuildAndStart();
    if (!server_)
      return Unavailable("cannot listen on " + options_.listen +
                         " for hosts on other machines: it is taken, no address of this machine, "
                         "or link.certificate and link.key do not belong together");
    if (OnSocket()) chmod(Path().c_str(), 0600);
    return {};
  }

  int port() const override { return OnSocket() ? 0 : port_; }
  void Look() override { builders_.Look(); }

 private:
  bool OnSocket() const { return options_.listen.starts_with(kUnix); }
  std::string Path() const { return options_.listen.substr(kUnix.size()); }

  const EntranceOptions options_;
  const Admission admission_;
  std::stop_source stopping_;
  const std::shared_ptr<grpc::Service> calls_, artifacts_;
  BuilderStreams builders_;
  std::unique_ptr<grpc::Server> server_;  // gone before the services
  int port_ = 0;
};

}  // namespace

Result<std::unique_ptr<Entrance>> Entrance::Open(EntranceOptions options, EntranceParts parts) {
  auto entrance = std::make_unique<GrpcEntrance>(std::move(options), std::move(parts));
  NS_TRY(entrance->Start());
  return std::unique_ptr<Entrance>(std::move(entrance));
}

}  // namespace ns::link
