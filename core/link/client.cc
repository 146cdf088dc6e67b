#include "link/client.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <map>

#include "base/mutex.h"
#include "link/convert.h"
#include "neoshowcase/link/v1/link.grpc.pb.h"

namespace ns::link {
namespace {

using namespace std::chrono_literals;

constexpr Duration kHostLease = 30s;
constexpr Duration kDefaultDeadline = 20s;

Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return Status();
  if (status.error_details().empty() && status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    return {Code::kUnavailable, "BackendHostAway",
            "the host that runs this application does not answer: " + status.error_message()};
  }
  return {static_cast<Code>(status.error_code()), status.error_details(), status.error_message()};
}

}  // namespace

// One connection for each address, made when first needed.
class Client::Channels {
 public:
  std::unique_ptr<wire::Link::Stub> StubFor(const std::string& address) {
    return wire::Link::NewStub(channels_.With([&](auto& channels) {
      auto& channel = channels[address];
      if (!channel) channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
      return channel;
    }));
  }

 private:
  Guarded<std::map<std::string, std::shared_ptr<grpc::Channel>>> channels_;
};

Client::Client(ports::HostStore& hosts) : hosts_(hosts), channels_(std::make_unique<Channels>()) {}
Client::~Client() = default;

// The host seen last wins: after a restart the row of the dead process is still there for a while.
Result<std::string> Client::AddressFor(const std::string& backend) {
  NS_ASSIGN(auto hosts, hosts_.List(kHostLease));
  std::sort(hosts.begin(), hosts.end(),
            [](const auto& a, const auto& b) { return a.last_seen > b.last_seen; });
  for (const model::Host& host : hosts) {
    const bool loads = std::any_of(host.plugins.begin(), host.plugins.end(),
                                   [&](const model::PluginState& plugin) {
                                     return plugin.instance == backend && plugin.healthy;
                                   });
    if (loads && !host.link_address.empty()) return host.link_address;
  }
  return Status(Code::kUnavailable, "BackendHostAway",
                "no host that runs the backend \"" + backend +
                    "\" is up; its output is there again once one is");
}

Result<std::vector<model::LogLine>> Client::Output(const ports::Call& call,
                                                   const std::string& backend,
                                                   const ports::LogQuery& query) {
  NS_ASSIGN(const std::string address, AddressFor(backend));
  grpc::ClientContext context;
  const Duration left =
      call.deadline ? *call.deadline - SystemClock().Monotonic() : kDefaultDeadline;
  context.set_deadline(std::chrono::time_point_cast<std::chrono::system_clock::duration>(
      SystemClock().Now() + left));
  const std::stop_callback cancel(call.cancel, [&context] { context.TryCancel(); });
  wire::GetOutputResponse response;
  NS_TRY(FromGrpc(
      channels_->StubFor(address)->GetOutput(&context, ToWire(backend, query), &response)));
  return FromWire(response);
}

}  // namespace ns::link
