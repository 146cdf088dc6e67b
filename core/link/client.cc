#include "link/client.h"

#include <grpcpp/grpcpp.h>

#include <unistd.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "base/mutex.h"
#include "link/convert.h"
#include "link/grpc_status.h"
#include "neoshowcase/link/v1/link.grpc.pb.h"

namespace ns::link {
namespace {

using namespace std::chrono_literals;

constexpr Duration kHostLease = 30s;
constexpr Duration kDefaultDeadline = 20s;
constexpr Duration kConnectLimit = 2s;

Status Told(const grpc::Status& status) {
  if (!status.error_details().empty() || status.error_code() != grpc::StatusCode::UNAVAILABLE)
    return FromGrpc(status);
  return {Code::kUnavailable, "BackendHostAway",
          "the host that runs this application does not answer: " + status.error_message()};
}

}  // namespace

std::string ChooseAddress(const std::string& addresses) {
  constexpr std::string_view kUnix = "unix:";
  std::istringstream words(addresses);
  std::string other, word;
  while (words >> word) {
    const bool socket = word.starts_with(kUnix);
    if (socket && ::access(word.c_str() + kUnix.size(), F_OK) == 0) return word;
    if (!socket && other.empty()) other = word;
  }
  return other;
}

// One connection for each address, made when first needed.
class Client::Channels {
 public:
  std::unique_ptr<wire::Link::Stub> StubFor(const std::string& address, const Identity& identity) {
    const auto channel = channels_.With([&](auto& channels) {
      auto& one = channels[address];
      if (!one) one = ChannelTo(address, identity);
      return one;
    });
    // gRPC moves a connection on only while somebody waits for it. A call on one that failed
    // returns at once, so without this wait a host that is back is not reached as long as people
    // keep asking.
    channel->WaitForConnected(DeadlineIn(kConnectLimit));
    return wire::Link::NewStub(channel);
  }

 private:
  Guarded<std::map<std::string, std::shared_ptr<grpc::Channel>>> channels_;
};

Client::Client(ports::HostStore& hosts, Identity identity)
    : hosts_(hosts), identity_(std::move(identity)), channels_(std::make_unique<Channels>()) {}
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
    const std::string address = loads ? ChooseAddress(host.link_address) : "";
    if (!address.empty()) return address;
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
  SetDeadline(context, left);
  if (!address.starts_with("unix:")) ShowIdentity(context, identity_);
  const std::stop_callback cancel(call.cancel, [&context] { context.TryCancel(); });
  wire::GetOutputResponse response;
  NS_TRY(Told(channels_->StubFor(address, identity_)
                  ->GetOutput(&context, ToWire(backend, query), &response)));
  return FromWire(response);
}

}  // namespace ns::link
