#include "link/server.h"

#include <grpcpp/grpcpp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stop_token>

#include "base/clock.h"
#include "link/link_service.h"

namespace ns::link {
namespace {

using namespace std::chrono_literals;

constexpr int kMaxThreads = 8;

class SocketServer final : public Server {
 public:
  SocketServer(std::string path, HostId host, std::map<std::string, ports::Backend*> backends)
      : path_(std::move(path)),
        service_(
            NewLinkService(std::move(host), std::move(backends), nullptr, stopping_.get_token())) {}

  ~SocketServer() override {
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
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    if (!server_)
      return Unavailable("cannot listen on " + address() +
                         " for the other hosts; is the folder there and writable?");
    chmod(path_.c_str(), 0600);
    return Status();
  }

  std::string address() const override { return "unix:" + path_; }

 private:
  const std::string path_;
  std::stop_source stopping_;
  const std::shared_ptr<grpc::Service> service_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Listen(const std::string& path, HostId host,
                                               std::map<std::string, ports::Backend*> backends) {
  auto server = std::make_unique<SocketServer>(path, std::move(host), std::move(backends));
  NS_TRY(server->Start());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace ns::link
