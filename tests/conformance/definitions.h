// The suite's own definitions, read when the test runs: they are not ours to keep a copy of.
#pragma once

#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/dynamic_message.h>

#include <memory>
#include <string>

namespace ns::conformance {

inline constexpr char kPackage[] = "connectrpc.conformance.v1.";

class Definitions {
 public:
  // `folder`: holds connectrpc/conformance/v1/. Ends the process, with what is wrong, where they
  // cannot be read.
  explicit Definitions(const std::string& folder);

  // A new message of the package.
  std::unique_ptr<google::protobuf::Message> New(const std::string& name);
  const google::protobuf::MethodDescriptor* Method(const std::string& name) const;
  // A serialized google.protobuf.FileDescriptorSet of the service and all that it needs.
  std::string DescriptorSet() const;

 private:
  google::protobuf::compiler::DiskSourceTree tree_;
  google::protobuf::compiler::Importer importer_;
  google::protobuf::DynamicMessageFactory factory_;
};

}  // namespace ns::conformance
