#include "form/own.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "form/address.h"
#include "form/free_settings.h"
#include "form/unknown.h"

namespace ns::cli::form {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kRun[] = "runtime_config", kSite[] = "static_config";

// The part of a method that says how it runs or is served; null: there is none of that name.
Message* Part(Message& method, const char* name) {
  const FieldDescriptor* field = method.GetDescriptor()->FindFieldByName(name);
  return field ? method.GetReflection()->MutableMessage(&method, field) : nullptr;
}

// The configuration of the method; null where there is none of that name.
Message* MethodIn(api::ApplicationConfig& config, std::string name) {
  std::ranges::replace(name, '-', '_');
  const FieldDescriptor* field = config.GetDescriptor()->FindFieldByName(name);
  return field ? config.GetReflection()->MutableMessage(&config, field) : nullptr;
}

void ReadKnown(const platform::ApplicationForm& form, api::ApplicationConfig& config) {
  Message* method = MethodIn(config, form.build().method());
  if (!method) return;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  (void)google::protobuf::util::JsonStringToMessage(form.build().settings(), method, options);
  if (Message* run = Part(*method, kRun)) run->CopyFrom(form.run());
  if (Message* site = Part(*method, kSite)) site->CopyFrom(form.site());
}

void Replace(const Message& part, const Message& stored, Message& out) {
  out.CopyFrom(part);
  out.DiscardUnknownFields();
  KeepUnknown(stored, out);
}

void TakeKnown(api::ApplicationConfig config, const platform::ApplicationForm& stored,
               platform::ApplicationForm& form) {
  Message& method = *MethodIn(config, MethodOf(config));
  for (const char* name : {kRun, kSite}) {
    const Message* part = Part(method, name);
    if (!part) continue;
    if (name == kRun)
      Replace(*part, stored.run(), *form.mutable_run());
    else
      Replace(*part, stored.site(), *form.mutable_site());
    method.GetReflection()->ClearField(&method, method.GetDescriptor()->FindFieldByName(name));
  }
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  form.mutable_build()->clear_settings();
  (void)google::protobuf::util::MessageToJsonString(
      method, form.mutable_build()->mutable_settings(), options);
}

void TakeOther(const platform::ApplicationForm& other, const platform::ApplicationForm& stored,
               platform::ApplicationForm& form) {
  form.mutable_build()->set_settings(other.build().settings());
  if (other.has_site())
    Replace(other.site(), stored.site(), *form.mutable_site());
  else
    Replace(other.run(), stored.run(), *form.mutable_run());
}

template <class Wanted, class Items>
void ReplaceAll(const std::vector<Wanted>& wanted, const Items& stored, Items& out) {
  out = {wanted.begin(), wanted.end()};
  for (auto& item : out) {
    const auto same = [&](const auto& one) { return AddressOf(one) == AddressOf(item); };
    const auto before = std::ranges::find_if(stored, same);
    if (before != stored.end()) KeepUnknown(*before, item);
  }
}

}  // namespace

void TakeBuild(const Build& build, const platform::ApplicationForm& stored,
               platform::ApplicationForm& form) {
  auto& out = *form.mutable_build();
  out.set_method(MethodOf(build));
  out.DiscardUnknownFields();
  if (stored.build().method() == out.method()) KeepUnknown(stored.build(), out);
  if (MethodOf(build.known).empty())
    TakeOther(build.other, stored, form);
  else
    TakeKnown(build.known, stored, form);
}

void TakeWebsites(const std::vector<api::CreateWebsiteRequest>& websites,
                  const platform::ApplicationForm& stored, platform::ApplicationForm& form) {
  ReplaceAll(websites, stored.websites(), *form.mutable_websites());
}

void TakePorts(const std::vector<api::PortPublication>& ports,
               const platform::ApplicationForm& stored, platform::ApplicationForm& form) {
  ReplaceAll(ports, stored.port_publications(), *form.mutable_port_publications());
}

std::string LossIn(const platform::ApplicationForm& stored, const Build& build) {
  if (MethodOf(build) != stored.build().method()) return "";  // settings go with their method
  api::ApplicationConfig known;
  Message* method = MethodIn(known, stored.build().method());
  if (!method || stored.build().settings().empty()) return "";
  const auto read = google::protobuf::util::JsonStringToMessage(stored.build().settings(), method);
  if (read.ok()) return "";
  return "cannot be changed: the server has settings for it that this ns does not know (" +
         std::string(read.message()) + "), and writing it would delete them; update ns first";
}

Build BuildOf(const platform::ApplicationForm& form) {
  Build out;
  ReadKnown(form, out.known);
  if (MethodOf(out.known).empty() && !form.build().method().empty()) {
    *out.other.mutable_build() = form.build();
    if (form.has_run()) *out.other.mutable_run() = form.run();
    if (form.has_site()) *out.other.mutable_site() = form.site();
  }
  Normalise(out);
  return out;
}

std::string BeyondForm(const platform::ApplicationForm& form) {
  api::ApplicationConfig known;
  if (MethodIn(known, form.build().method())) return "";
  const std::string clash = ClashIn(form.build().settings());
  return clash.empty() ? ""
                       : "its method " + form.build().method() + " has a setting \"" + clash +
                             "\", which the form has another meaning for; `ns app update --set` "
                             "changes settings one by one";
}

api::Application FromOwn(const platform::Application& own) {
  const platform::ApplicationForm& form = own.form();
  api::Application out;
  out.set_id(own.id());
  out.set_name(form.name());
  out.set_repository_id(own.repository_id());
  out.set_ref_name(form.ref_name());
  out.set_commit(own.commit());
  out.set_running(own.running());
  ReadKnown(form, *out.mutable_config());
  for (const auto& one : form.websites()) CopyWebsite(one, *out.add_websites());
  *out.mutable_port_publications() = form.port_publications();
  *out.mutable_owner_ids() = form.owner_ids();
  return out;
}

}  // namespace ns::cli::form
