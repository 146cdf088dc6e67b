// The methods that this program knows.
#pragma once

#include <vector>

namespace google::protobuf {
class MethodDescriptor;
}

namespace ns::cli {

// Of every service, in the order of their files.
std::vector<const google::protobuf::MethodDescriptor*> ApiMethods();

}  // namespace ns::cli
