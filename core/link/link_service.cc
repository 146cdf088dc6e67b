#include "link/link_service.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>

#include "link/convert.h"
#include "link/grpc_status.h"
#include "neoshowcase/link/v1/link.grpc.pb.h"

namespace ns::link {
namespace {

constexpr Duration kLogsDeadline = std::chrono::seconds(20);

class LinkService final : public wire::Link::Service {
 public:
  LinkService(HostId host, std::map<std::string, ports::Backend*> backends,
              const Admission* admission, std::stop_token stopping)
      : host_(std::move(host)),
        backends_(std::move(backends)),
        admission_(admission),
        stopping_(std::move(stopping)) {}

 private:
  grpc::Status Ping(grpc::ServerContext* context, const wire::PingRequest*,
                    wire::PingResponse* response) override {
    if (const Status admitted = Admit(*context); !admitted.ok()) return ToGrpc(admitted);
    response->set_host_id(host_.str());
    for (const auto& [name, backend] : backends_) response->add_backends(name);
    return grpc::Status::OK;
  }

  grpc::Status GetOutput(grpc::ServerContext* context, const wire::GetOutputRequest* request,
                         wire::GetOutputResponse* response) override {
    if (const Status admitted = Admit(*context); !admitted.ok()) return ToGrpc(admitted);
    const auto found = backends_.find(request->backend());
    if (found == backends_.end()) {
      return ToGrpc(Status(Code::kUnavailable, "BackendNotLoaded",
                           "this host loads no backend called \"" + request->backend() + "\""));
    }
    // Whoever has hung up or waited long enough holds no thread here.
    const auto left = context->deadline() - SystemClock().Now();
    const Duration limit = std::clamp<Duration>(left, Duration::zero(), kLogsDeadline);
    const ports::Call call{stopping_, SystemClock().Monotonic() + limit};
    const auto lines = found->second->Logs(call, FromWire(*request));
    if (!lines.ok()) return ToGrpc(lines.status());
    *response = ToWire(*lines);
    return grpc::Status::OK;
  }

  Status Admit(const grpc::ServerContext& context) const {
    if (admission_ == nullptr) return {};
    return admission_->Admit(CredentialsOf(context), "services").status();
  }

  const HostId host_;
  const std::map<std::string, ports::Backend*> backends_;
  const Admission* const admission_;
  const std::stop_token stopping_;
};

}  // namespace

std::shared_ptr<grpc::Service> NewLinkService(HostId host,
                                              std::map<std::string, ports::Backend*> backends,
                                              const Admission* admission,
                                              std::stop_token stopping) {
  return std::make_shared<LinkService>(std::move(host), std::move(backends), admission,
                                       std::move(stopping));
}

}  // namespace ns::link
