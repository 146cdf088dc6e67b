// Fields of messages whose types are known by name only. A name that is not there is a defect of
// the test and ends it.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <utility>
#include <vector>

namespace ns::conformance {

using google::protobuf::Message;

inline const google::protobuf::FieldDescriptor* FieldOf(const Message& message,
                                                        const std::string& name) {
  const auto* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr) std::abort();
  return field;
}
inline bool Has(const Message& message, const std::string& name) {
  return message.GetReflection()->HasField(message, FieldOf(message, name));
}
inline const Message& Part(const Message& message, const std::string& name) {
  return message.GetReflection()->GetMessage(message, FieldOf(message, name));
}
inline Message& MutablePart(Message& message, const std::string& name) {
  return *message.GetReflection()->MutableMessage(&message, FieldOf(message, name));
}
inline std::string Text(const Message& message, const std::string& name) {
  return message.GetReflection()->GetString(message, FieldOf(message, name));
}
inline void SetText(Message& message, const std::string& name, std::string text) {
  message.GetReflection()->SetString(&message, FieldOf(message, name), std::move(text));
}
inline uint32_t Number(const Message& message, const std::string& name) {
  return message.GetReflection()->GetUInt32(message, FieldOf(message, name));
}
inline void SetNumber(Message& message, const std::string& name, uint32_t number) {
  message.GetReflection()->SetUInt32(&message, FieldOf(message, name), number);
}
inline bool Flag(const Message& message, const std::string& name) {
  return message.GetReflection()->GetBool(message, FieldOf(message, name));
}
inline int EnumNumber(const Message& message, const std::string& name) {
  return message.GetReflection()->GetEnumValue(message, FieldOf(message, name));
}
inline int Count(const Message& message, const std::string& name) {
  return message.GetReflection()->FieldSize(message, FieldOf(message, name));
}
inline const Message& Part(const Message& message, const std::string& name, int index) {
  return message.GetReflection()->GetRepeatedMessage(message, FieldOf(message, name), index);
}
inline Message& Add(Message& message, const std::string& name) {
  return *message.GetReflection()->AddMessage(&message, FieldOf(message, name));
}
inline std::string Text(const Message& message, const std::string& name, int index) {
  return message.GetReflection()->GetRepeatedString(message, FieldOf(message, name), index);
}
inline void AddText(Message& message, const std::string& name, std::string text) {
  message.GetReflection()->AddString(&message, FieldOf(message, name), std::move(text));
}

}  // namespace ns::conformance
