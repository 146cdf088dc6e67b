// What the installation offers, and who the caller is.
#include <algorithm>

#include "api/convert.h"
#include "api/method.h"
#include "base/crypto.h"
#include "google/protobuf/empty.pb.h"

namespace ns::api {
namespace {

using google::protobuf::Empty;

Result<pb::SystemInfo> GetSystemInfo(const Context& context, const Request&, const Empty&) {
  const model::PlatformInfo& platform = context.settings.platform;
  std::vector<std::string> names;
  for (const model::Domain& domain : platform.domains) names.push_back(domain.name);
  NS_ASSIGN(const auto taken, context.store().listings.TakenHosts(names));
  pb::SystemInfo out;
  out.set_public_key(platform.public_key);
  out.mutable_ssh()->set_host(context.settings.ssh_host);
  out.mutable_ssh()->set_port(context.settings.ssh_port);
  for (const model::Domain& domain : platform.domains) {
    auto* one = out.add_domains();
    one->set_domain(domain.name);
    for (const std::string& exclude : domain.exclude) one->add_exclude_domains(exclude);
    one->set_auth_available(domain.auth);
    one->set_already_bound(std::ranges::find(taken, domain.name) != taken.end());
  }
  for (const model::PortRange& range : platform.ports) {
    auto* one = out.add_ports();
    one->set_start_port(range.from);
    one->set_end_port(range.to);
    one->set_protocol(static_cast<pb::PortPublicationProtocol>(range.protocol));
  }
  for (const model::Link& link : platform.links) {
    auto* one = out.add_additional_links();
    one->set_name(link.name);
    one->set_url(link.url);
  }
  out.set_version(platform.version);
  out.set_revision(platform.revision);
  return out;
}

Result<pb::User> GetMe(const Context& context, const Request& request, const Empty&) {
  return ToProto(request.user, context.settings.platform.avatar_base);
}

Result<pb::GenerateKeyPairResponse> GenerateKeyPair(const Context& context, const Request& request,
                                                    const Empty&) {
  constexpr Duration kKept = std::chrono::hours(1);
  SshKeyPair pair = NewSshKeyPair("neoshowcase-" + context.settings.platform.installation);
  model::SshKey key;
  key.id = KeyId::New(context.parts.random);
  key.user = request.user.id;
  key.public_line = pair.public_line;
  key.private_pem = std::move(pair.private_pem);
  key.expires =
      context.parts.clock.Now() + std::chrono::duration_cast<std::chrono::microseconds>(kKept);
  NS_TRY(context.store().users.SaveKey(key));
  pb::GenerateKeyPairResponse out;
  out.set_key_id(key.id.str());
  out.set_public_key(key.public_line);
  return out;
}

}  // namespace

void OfferSystem(MethodTable& table) {
  const std::string api = kApiService;
  Offer(table, api + "GetSystemInfo", GetSystemInfo);
  Offer(table, api + "GetMe", GetMe);
  Offer(table, api + "GenerateKeyPair", GenerateKeyPair);
}

}  // namespace ns::api
