#include "form/settings.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <functional>

#include "failure.h"
#include "form/free_settings.h"
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

Build EmptyBuild(const std::string& method) {
  Build build;
  std::string name = method;
  std::ranges::replace(name, '-', '_');
  auto& known = build.known;
  if (const FieldDescriptor* field = known.GetDescriptor()->FindFieldByName(name))
    known.GetReflection()->MutableMessage(&known, field);
  else
    build.other.mutable_build()->set_method(method);
  Normalise(build);
  return build;
}

Build BuildOf(const platform::Suggestion::Method& method) {
  Build build;
  if (method.has_config()) {
    build.known = method.config();
  } else {
    std::string name = method.name();
    std::ranges::replace(name, '_', '-');
    build = EmptyBuild(name);
    build.other.mutable_build()->set_settings(method.settings());
    if (build.other.has_site() || !method.artifact_path().empty())
      build.other.mutable_site()->set_artifact_path(method.artifact_path());
    else
      build.other.mutable_run()->set_command(method.command());
  }
  Normalise(build);
  return build;
}

std::vector<Setting> SettingsOf(const Build& build) {
  Build copy = build;
  std::vector<Setting> settings;
  const auto take = [&](Message& message, const std::string& prefix, bool flat) {
    Each(message, "", flat,
         [&](const std::string& name, Message& in, const FieldDescriptor& field) {
           const auto& reflection = *in.GetReflection();
           if (name.find('.') != std::string::npos || name.starts_with("use")) return;
           if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING)
             settings.push_back({prefix + name, reflection.GetString(in, &field)});
           if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL)
             settings.push_back({prefix + name, reflection.GetBool(in, &field) ? "true" : "false"});
         });
  };
  if (MethodOf(build).empty()) return settings;
  if (!MethodOf(build.known).empty())
    take(ChosenOf(copy.known), "", true);
  else if (IsSite(build))
    take(*copy.other.mutable_site(), "site.", false);
  else
    take(*copy.other.mutable_run(), "run.", false);
  return settings;
}

void SetSetting(Build& build, const std::string& name, const std::string& value) {
  std::vector<std::string> names;
  bool found = false;
  const Visit set = [&](const std::string& one, Message& message, const FieldDescriptor& field) {
    names.push_back(one);
    if (Bare(one) != Bare(name)) return;
    found = true;
    SetValue(one, message, field, value);
  };
  platform::ApplicationForm& other = build.other;
  if (!MethodOf(build.known).empty()) {
    Each(ChosenOf(build.known), "", true, set);
  } else if (name.starts_with("run.")) {
    Each(*other.mutable_run(), "run.", false, set);
  } else if (name.starts_with("site.")) {
    Each(*other.mutable_site(), "site.", false, set);
  } else {
    found = true;
    other.mutable_build()->set_settings(WithSetting(other.build().settings(), name, value));
  }
  if (!found)
    throw Failure(Exit::kUsage,
                  MethodOf(build) + " has no setting \"" + name + "\"" + Suggestion(name, names));
  Normalise(build);
}

}  // namespace ns::cli::form
