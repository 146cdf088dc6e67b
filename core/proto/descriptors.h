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
}

namespace ns::proto {

// The services that edges can invoke: APIService and PlatformService.
std::vector<const google::protobuf::ServiceDescriptor*> Services();

// "package.Service/Method", or null.
const google::protobuf::MethodDescriptor* FindMethod(const std::string& full_name);

// "package.Service/Method".
std::string FullName(const google::protobuf::MethodDescriptor& method);

// The declared policy; action UNDECLARED when there is none.
const neoshowcase::policy::v1::Policy& PolicyOf(const google::protobuf::MethodDescriptor& method);

// What is wrong with the policies of all methods, one sentence each; empty when nothing is.
std::vector<std::string> PolicyMistakes();

// The serialized google.protobuf.FileDescriptorSet of the services, dependencies first, with the
// details of failures.
std::string DescriptorSet();

}  // namespace ns::proto
