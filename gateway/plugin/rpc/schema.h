// The host's methods, and their messages as JSON: by descriptors in a pool of its own, without
// generated code.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "rpc/problem.h"

namespace google::protobuf {
class DescriptorPool;
class MethodDescriptor;
namespace util {
class TypeResolver;
}
}  // namespace google::protobuf

namespace ns::gateway::rpc {

// What an edge needs to know of one method.
struct Method {
  std::string name;                         // "package.Service/Method"
  std::string request_type, response_type;  // full names
  bool side_effect_free = false;            // may be called by GET
  bool client_streaming = false, server_streaming = false;
};

// Bytes, or why there are none.
using Converted = std::variant<std::string, Problem>;

// [any-thread] after construction
class Schema {
 public:
  // `descriptors`: a serialized google.protobuf.FileDescriptorSet, dependencies first. Throws
  // std::invalid_argument with the reason.
  explicit Schema(std::string_view descriptors);
  ~Schema();
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  // "package.Service/Method", or null.
  const Method* Find(const std::string& name) const;
  // JSON of a message to its wire form. A mistake of the client is invalid_argument.
  Converted FromJson(const std::string& type, std::string_view json) const;
  // The wire form to JSON, defaults left out.
  Converted ToJson(const std::string& type, const std::string& wire) const;
  // The details of a serialized google.rpc.Status, with their JSON where the type is known.
  std::vector<Detail> Details(std::string_view status) const;

 private:
  std::unique_ptr<google::protobuf::DescriptorPool> pool_;
  std::unique_ptr<google::protobuf::util::TypeResolver> resolver_, common_;
  std::unordered_map<std::string, Method> methods_;  // by name
};

}  // namespace ns::gateway::rpc
