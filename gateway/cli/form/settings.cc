#include "form/settings.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <functional>

#include "failure.h"
#include "nearest.h"
#include "text.h"

namespace ns::cli::form {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

Message& ChosenOf(api::ApplicationConfig& config) {
  const auto& reflection = *config.GetReflection();
  const auto* chosen =
      reflection.GetOneofFieldDescriptor(config, config.GetDescriptor()->oneof_decl(0));
  return *reflection.MutableMessage(&config, chosen);
}

using Visit = std::function<void(const std::string& name, Message&, const FieldDescriptor&)>;

// Those of the method, and beside them those of what runs or serves it.
void Each(Message& message, const std::string& prefix, bool flat, const Visit& visit) {
  const auto& descriptor = *message.GetDescriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    const std::string name = prefix + field.json_name();
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE)
      visit(name, message, field);
    else
      Each(*message.GetReflection()->MutableMessage(&message, &field), flat ? prefix : name + ".",
           false, visit);
  }
}

std::string Bare(std::string name) {
  std::erase(name, '_');
  return Lowered(name);
}

[[noreturn]] void Reject(const std::string& name, const std::string& rule,
                         const std::string& value) {
  throw Failure(Exit::kUsage,
                "The setting " + name + " must be " + rule + ", not \"" + value + "\".");
}

void SetValue(const std::string& name, Message& message, const FieldDescriptor& field,
              const std::string& value) {
  const auto& reflection = *message.GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING)
    return reflection.SetString(&message, &field, value);
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
    if (value != "true" && value != "false") Reject(name, "true or false", value);
    return reflection.SetBool(&message, &field, value == "true");
  }
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_ENUM) Reject(name, "a text", value);
  const auto& words = *field.enum_type();
  std::string known;
  for (int i = 0; i < words.value_count(); ++i) {
    const std::string word = Lowered(words.value(i)->name());
    if (word == value) return reflection.SetEnum(&message, &field, words.value(i));
    known += (known.empty() ? "" : ", ") + word;
  }
  Reject(name, "one of " + known, value);
}

}  // namespace

api::ApplicationConfig EmptyConfig(const std::string& method) {
  std::string field = method;
  std::ranges::replace(field, '-', '_');
  api::ApplicationConfig config;
  config.GetReflection()->MutableMessage(&config, config.GetDescriptor()->FindFieldByName(field));
  Normalise(config);
  return config;
}

std::vector<Setting> SettingsOf(const api::ApplicationConfig& config) {
  api::ApplicationConfig copy = config;
  std::vector<Setting> settings;
  if (MethodOf(config).empty()) return settings;
  Each(ChosenOf(copy), "", true,
       [&](const std::string& name, Message& message, const FieldDescriptor& field) {
         const bool asked = name.find('.') == std::string::npos && !name.starts_with("use");
         if (asked && field.cpp_type() == FieldDescriptor::CPPTYPE_STRING)
           settings.push_back({name, message.GetReflection()->GetString(message, &field)});
         if (asked && field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL)
           settings.push_back(
               {name, message.GetReflection()->GetBool(message, &field) ? "true" : "false"});
       });
  return settings;
}

void SetSetting(api::ApplicationConfig& config, const std::string& name, const std::string& value) {
  std::vector<std::string> known;
  bool found = false;
  Each(ChosenOf(config), "", true,
       [&](const std::string& one, Message& message, const FieldDescriptor& field) {
         known.push_back(one);
         if (Bare(one) != Bare(name)) return;
         found = true;
         SetValue(one, message, field, value);
       });
  if (!found)
    throw Failure(Exit::kUsage,
                  MethodOf(config) + " has no setting \"" + name + "\"" + Suggestion(name, known));
  Normalise(config);
}

}  // namespace ns::cli::form
