// What edges need to know of the services: their descriptors, and who may call which method.
#pragma once

#include <string>
#include <vector>

namespace google::protobuf {
class MethodDescriptor;
class ServiceDescriptor;
}  // namespace google::protobuf
namespace neoshowcase::policy::v1 {
class Policy;
enum Policy_Scope : int;
}  // namespace neoshowcase::policy::v1

namespace ns::proto {

// The services that edges can invoke: APIService and those of the project's own.
std::vector<const google::protobuf::ServiceDescriptor*> Services();

// "package.Service/Method", or null.
const google::protobuf::MethodDescriptor* FindMethod(const std::string& full_name);

// "package.Service/Method".
std::string FullName(const google::protobuf::MethodDescriptor& method);

// The declared policy; action UNDECLARED when there is none.
const neoshowcase::policy::v1::Policy& PolicyOf(const google::protobuf::MethodDescriptor& method);

// What a token must allow for it: as declared, or what DEFAULT means.
neoshowcase::policy::v1::Policy_Scope ScopeOf(const google::protobuf::MethodDescriptor& method);

// What is wrong with the policies of all methods, one sentence each; empty when nothing is.
std::vector<std::string> PolicyMistakes();

// The serialized google.protobuf.FileDescriptorSet of the services, dependencies first, with the
// details of failures.
std::string DescriptorSet();

}  // namespace ns::proto
