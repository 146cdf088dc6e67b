#include "api/message_check.h"

#include <vector>

#include "api/problem.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace ns::api {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

class Walk {
 public:
  void Over(const Message& message, const std::string& prefix) {
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      if (!field->is_repeated()) {
        At(message, *field, -1, prefix + field->name());
        continue;
      }
      const int size = message.GetReflection()->FieldSize(message, field);
      for (int i = 0; i < size && !more_; ++i) {
        At(message, *field, i, prefix + field->name() + "[" + std::to_string(i) + "]");
      }
    }
  }
  const model::Violations& found() const { return found_; }
  // Whether it has stopped, since there are more than kMostViolations.
  bool more() const { return more_; }

 private:
  // `index` -1: the field is not repeated.
  void At(const Message& message, const FieldDescriptor& field, int index,
          const std::string& name) {
    const auto& access = *message.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        Over(index < 0 ? access.GetMessage(message, &field)
                       : access.GetRepeatedMessage(message, &field, index),
             name + ".");
        break;
      case FieldDescriptor::CPPTYPE_ENUM: {
        const int value = index < 0 ? access.GetEnumValue(message, &field)
                                    : access.GetRepeatedEnumValue(message, &field, index);
        if (field.enum_type()->FindValueByNumber(value) == nullptr) {
          Add(name, "must be a value of " + field.enum_type()->full_name() + ", got " +
                        std::to_string(value));
        }
        break;
      }
      case FieldDescriptor::CPPTYPE_STRING: {
        const std::string text = index < 0 ? access.GetString(message, &field)
                                           : access.GetRepeatedString(message, &field, index);
        if (field.type() == FieldDescriptor::TYPE_STRING && text.find('\0') != std::string::npos) {
          Add(name, "must hold no NUL character");
        }
        break;
      }
      default:
        break;
    }
  }

  void Add(const std::string& name, std::string message) {
    more_ = found_.size() == kMostViolations;
    if (!more_) found_.push_back({name, std::move(message)});
  }

  model::Violations found_;
  bool more_ = false;
};

}  // namespace

Status CheckMessage(const Message& message) {
  Walk walk;
  walk.Over(message, "");
  return walk.more() ? InvalidFieldsAndMore(walk.found()) : CheckNone(walk.found());
}

}  // namespace ns::api
