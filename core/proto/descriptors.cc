#include "proto/descriptors.h"

#include <set>
#include <unordered_map>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "neoshowcase/platform/v1/admin.pb.h"
#include "neoshowcase/platform/v1/application.pb.h"
#include "neoshowcase/platform/v1/audit.pb.h"
#include "neoshowcase/platform/v1/host.pb.h"
#include "neoshowcase/platform/v1/platform.pb.h"
#include "neoshowcase/platform/v1/push.pb.h"
#include "neoshowcase/platform/v1/queue.pb.h"
#include "neoshowcase/platform/v1/repository.pb.h"
#include "neoshowcase/platform/v1/token.pb.h"
#include "neoshowcase/platform/v1/watch.pb.h"
#include "neoshowcase/policy/v1/policy.pb.h"
#include "neoshowcase/protobuf/api.pb.h"

namespace ns::proto {
namespace {

using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using neoshowcase::policy::v1::Policy;

// The files, so that their descriptors are linked and registered.
std::vector<const FileDescriptor*> Roots() {
  return {google::rpc::BadRequest::descriptor()->file(),
          google::rpc::Status::descriptor()->file(),
          neoshowcase::protobuf::ApplicationIdRequest::descriptor()->file(),
          neoshowcase::platform::v1::AuditEvent::descriptor()->file(),
          neoshowcase::platform::v1::Suggestion::descriptor()->file(),
          neoshowcase::platform::v1::ApplicationForm::descriptor()->file(),
          neoshowcase::platform::v1::WatchRequest::descriptor()->file(),
          neoshowcase::platform::v1::ListBuildQueueRequest::descriptor()->file(),
          neoshowcase::platform::v1::ListHostsRequest::descriptor()->file(),
          neoshowcase::platform::v1::HostKey::descriptor()->file(),
          neoshowcase::platform::v1::Token::descriptor()->file(),
          neoshowcase::platform::v1::Admin::descriptor()->file(),
          neoshowcase::platform::v1::PreparePushRequest::descriptor()->file()};
}

void AddFile(const FileDescriptor& file, std::set<std::string>& seen,
             google::protobuf::FileDescriptorSet& out) {
  if (!seen.insert(file.name()).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) AddFile(*file.dependency(i), seen, out);
  file.CopyTo(out.add_file());
}

std::string MistakeOf(const MethodDescriptor& method) {
  const Policy& policy = PolicyOf(method);
  if (policy.action() == Policy::UNDECLARED) return "declares no policy";
  const bool wants_object = policy.action() == Policy::SEE || policy.action() == Policy::USE ||
                            policy.action() == Policy::OWN;
  if (wants_object != (policy.object() != Policy::NONE))
    return "has a policy whose action and object do not fit";
  if (wants_object && policy.limited_tokens())
    return "has an object, which says by itself what a limited token may reach";
  if (!wants_object) return "";
  const auto* field = method.input_type()->FindFieldByName(policy.id());
  if (field == nullptr || field->type() != google::protobuf::FieldDescriptor::TYPE_STRING ||
      field->is_repeated()) {
    return "has a policy whose id \"" + policy.id() + "\" is no string field of " +
           method.input_type()->full_name();
  }
  return "";
}

std::unordered_map<std::string, const MethodDescriptor*> MethodsByName() {
  std::unordered_map<std::string, const MethodDescriptor*> methods;
  for (const auto* service : Services()) {
    for (int i = 0; i < service->method_count(); ++i)
      methods.emplace(FullName(*service->method(i)), service->method(i));
  }
  return methods;
}

}  // namespace

std::vector<const google::protobuf::ServiceDescriptor*> Services() {
  std::vector<const google::protobuf::ServiceDescriptor*> out;
  for (const FileDescriptor* file : Roots()) {
    for (int i = 0; i < file->service_count(); ++i) out.push_back(file->service(i));
  }
  return out;
}

const MethodDescriptor* FindMethod(const std::string& full_name) {
  static const auto* const kMethods = new std::unordered_map<std::string, const MethodDescriptor*>(
      MethodsByName());  // for as long as the process
  const auto found = kMethods->find(full_name);
  return found == kMethods->end() ? nullptr : found->second;
}

std::string FullName(const MethodDescriptor& method) {
  return method.service()->full_name() + "/" + method.name();
}

const Policy& PolicyOf(const MethodDescriptor& method) {
  return method.options().GetExtension(neoshowcase::policy::v1::policy);
}

Policy::Scope ScopeOf(const MethodDescriptor& method) {
  const Policy& policy = PolicyOf(method);
  if (policy.scope() != Policy::DEFAULT) return policy.scope();
  const bool looks =
      method.options().idempotency_level() == google::protobuf::MethodOptions::NO_SIDE_EFFECTS;
  return looks && policy.action() != Policy::ADMIN ? Policy::READ : Policy::FULL;
}

std::vector<std::string> PolicyMistakes() {
  std::vector<std::string> out;
  for (const auto* service : Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const std::string mistake = MistakeOf(*service->method(i));
      if (!mistake.empty()) out.push_back(FullName(*service->method(i)) + " " + mistake);
    }
  }
  return out;
}

std::string DescriptorSet() {
  google::protobuf::FileDescriptorSet set;
  std::set<std::string> seen;
  for (const FileDescriptor* file : Roots()) AddFile(*file, seen, set);
  return set.SerializeAsString();
}

}  // namespace ns::proto
