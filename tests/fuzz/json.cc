// "package.Service/Method", an end of line, then JSON of its request, or the wire form: one becomes
// the other, and back.
#include <string>

#include "proto/descriptors.h"
#include "rpc/schema.h"
#include "target.h"

namespace ns::gateway::rpc {
namespace {

using fuzz::Require;

void ThereAndBack(const Schema& schema, const std::string& type, const std::string& wire) {
  const Converted json = schema.ToJson(type, wire);
  const auto* text = std::get_if<std::string>(&json);
  Require(text != nullptr, "what came from JSON becomes JSON");
  const Converted read = schema.FromJson(type, *text);
  const auto* again = std::get_if<std::string>(&read);
  Require(again != nullptr, "and is read again");
  const Converted last = schema.ToJson(type, *again);
  Require(std::get<std::string>(last) == *text, "and means the same");
}

void Go(std::string_view bytes) {
  static const Schema schema(ns::proto::DescriptorSet());
  const auto method = schema.Find(std::string(fuzz::TakeUntil(bytes, "\n")));
  if (!method) return;
  const Converted wire = schema.FromJson(method->request_type, bytes);
  if (const auto* text = std::get_if<std::string>(&wire))
    return ThereAndBack(schema, method->request_type, *text);
  const Converted json = schema.ToJson(method->request_type, std::string(bytes));
  if (const auto* text = std::get_if<std::string>(&json))
    schema.FromJson(method->request_type, *text);
}

}  // namespace
}  // namespace ns::gateway::rpc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ns::gateway::rpc::Go(ns::fuzz::Bytes(data, size));
  return 0;
}
