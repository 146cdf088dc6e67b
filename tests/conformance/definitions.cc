#include "definitions.h"

#include <google/protobuf/descriptor.pb.h>

#include <cstdio>
#include <cstdlib>
#include <set>

namespace ns::conformance {
namespace {

namespace pb = google::protobuf;

class Complaints final : public pb::compiler::MultiFileErrorCollector {
 public:
  void AddError(const std::string& file, int line, int, const std::string& message) override {
    std::fprintf(stderr, "%s:%d: %s\n", file.c_str(), line + 1, message.c_str());
  }
} complaints;

void Put(const pb::FileDescriptor& file, std::set<std::string>& known,
         pb::FileDescriptorSet& files) {
  if (!known.insert(file.name()).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) Put(*file.dependency(i), known, files);
  file.CopyTo(files.add_file());
}

}  // namespace

Definitions::Definitions(const std::string& folder) : importer_(&tree_, &complaints) {
  tree_.MapPath("", folder);
  tree_.MapPath("", "/usr/include");  // google/protobuf/any.proto
  for (const char* file : {"service", "server_compat"}) {
    const std::string path = "connectrpc/conformance/v1/" + std::string(file) + ".proto";
    if (importer_.Import(path) == nullptr) std::exit(2);
  }
}

std::unique_ptr<pb::Message> Definitions::New(const std::string& name) {
  const auto* type = importer_.pool()->FindMessageTypeByName(kPackage + name);
  if (type == nullptr) std::abort();
  return std::unique_ptr<pb::Message>(factory_.GetPrototype(type)->New());
}

const pb::MethodDescriptor* Definitions::Method(const std::string& name) const {
  return importer_.pool()->FindMethodByName(std::string(kPackage) + "ConformanceService." + name);
}

std::string Definitions::DescriptorSet() const {
  pb::FileDescriptorSet files;
  std::set<std::string> known;
  Put(*importer_.pool()->FindFileByName("connectrpc/conformance/v1/service.proto"), known, files);
  return files.SerializeAsString();
}

}  // namespace ns::conformance
