#include "form/unknown.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include <vector>

namespace ns::cli::form {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The fields that hold one message each.
std::vector<const FieldDescriptor*> Inner(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  std::erase_if(fields, [](const FieldDescriptor* field) {
    return field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE;
  });
  return fields;
}

bool HoldsUnknown(const Message& message) {
  const auto& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return true;
  for (const FieldDescriptor* field : Inner(message)) {
    if (HoldsUnknown(reflection.GetMessage(message, field))) return true;
  }
  return false;
}

}  // namespace

void KeepUnknown(const Message& from, Message& to) {
  const auto& reflection = *from.GetReflection();
  reflection.MutableUnknownFields(&to)->MergeFrom(reflection.GetUnknownFields(from));
  for (const FieldDescriptor* field : Inner(from)) {
    const Message& inner = reflection.GetMessage(from, field);
    if (HoldsUnknown(inner)) KeepUnknown(inner, *reflection.MutableMessage(&to, field));
  }
}

}  // namespace ns::cli::form
