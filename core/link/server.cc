#include "link/server.h"

#include <grpcpp/grpcpp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stop_token>
#include <thread>

#include "base/clock.h"
#include "link/convert.h"
#include "neoshowcase/link/v1/link.grpc.pb.h"

namespace ns::link {
namespace {

using namespace std::chrono_literals;

constexpr int kMaxThreads = 8;
constexpr Duration kLogsDeadline = 20s;

grpc::Status ToGrpc(const Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), status.message(), status.reason()};
}

class ServerImpl final : public Server, private wire::Link::Service {
 public:
  ServerImpl(std::string path, HostId host, std::map<std::string, ports::Backend*> backends)
      : path_(std::move(path)), host_(std::move(host)), backends_(std::move(backends)) {}

  ~ServerImpl() override {
    stopping_.request_stop();
    if (server_)
      server_->Shutdown(std::chrono::time_point_cast<std::chrono::system_clock::duration>(
          SystemClock().Now() + 1s));
    unlink(path_.c_str());
  }

  Status Start() {
    unlink(path_.c_str());  // left by a process that was killed
    grpc::ServerBuilder builder;
    grpc::ResourceQuota quota("link");
    quota.SetMaxThreads(kMaxThreads);
    builder.SetResourceQuota(quota);
    builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
    builder.AddListeningPort(address(), grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    if (!server_)
      return Unavailable("cannot listen on " + address() +
                         " for the other hosts; is the folder there and writable?");
    chmod(path_.c_str(), 0600);
    return Status();
  }

  std::string address() const override { return "unix:" + path_; }

 private:
  grpc::Status Ping(grpc::ServerContext*, const wire::PingRequest*,
                    wire::PingResponse* response) override {
    response->set_host_id(host_.str());
    for (const auto& [name, backend] : backends_) response->add_backends(name);
    return grpc::Status::OK;
  }

  grpc::Status GetOutput(grpc::ServerContext*, const wire::GetOutputRequest* request,
                         wire::GetOutputResponse* response) override {
    const auto found = backends_.find(request->backend());
    if (found == backends_.end()) {
      return ToGrpc(Status(Code::kUnavailable, "BackendNotLoaded",
                           "this host loads no backend called \"" + request->backend() + "\""));
    }
    const ports::Call call{stopping_.get_token(), SystemClock().Monotonic() + kLogsDeadline};
    const auto lines = found->second->Logs(call, FromWire(*request));
    if (!lines.ok()) return ToGrpc(lines.status());
    *response = ToWire(*lines);
    return grpc::Status::OK;
  }

  const std::string path_;
  const HostId host_;
  const std::map<std::string, ports::Backend*> backends_;
  std::stop_source stopping_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Listen(const std::string& path, HostId host,
                                               std::map<std::string, ports::Backend*> backends) {
  auto server = std::make_unique<ServerImpl>(path, std::move(host), std::move(backends));
  NS_TRY(server->Start());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace ns::link
