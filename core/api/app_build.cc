#include "api/app_build.h"

#include <algorithm>
#include <map>

#include "api/alive.h"
#include "api/problem.h"
#include "base/nearest.h"
#include "google/protobuf/util/json_util.h"
#include "json/check.h"

namespace ns::api {
namespace {

namespace pb = neoshowcase::protobuf;
using Form = neoshowcase::platform::v1::ApplicationForm;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The schemas of methods that builders have now; empty where a plugin tells none.
Result<std::map<std::string, std::string>> Methods(const Context& context) {
  NS_ASSIGN(const auto hosts, context.store().hosts.List(kAlive));
  std::map<std::string, std::string> out;
  for (const model::Host& host : hosts) {
    for (const std::string& method : host.build_methods) out.try_emplace(method);
    for (const model::PluginState& plugin : host.plugins) {
      const auto known = out.find(model::BuildMethodOf(plugin.plugin));
      if (known != out.end() && !plugin.app_schema.empty()) known->second = plugin.app_schema;
    }
  }
  return out;
}

// Why there is no such method, and which one may be meant.
std::string NoSuchMethod(const std::map<std::string, std::string>& methods,
                         const std::string& method) {
  std::set<std::string> names;
  for (const auto& [name, schema] : methods) names.insert(name);
  std::vector<std::string> all(names.begin(), names.end());
  const auto& known = *pb::ApplicationConfig::descriptor()->oneof_decl(0);
  for (int i = 0; i < known.field_count(); ++i) {
    std::string& name = all.emplace_back(known.field(i)->name());
    std::ranges::replace(name, '_', '-');
  }
  const std::string meant = Nearest(method, all);
  return "must be a build method that a builder has which is up (" + Listed(names) + "), got " +
         model::Quoted(method) + (meant.empty() ? "" : "; did you mean \"" + meant + "\"?");
}

// The field of ApplicationConfig that stands for a method, or null.
const FieldDescriptor* PublicField(std::string method) {
  std::ranges::replace(method, '-', '_');
  return pb::ApplicationConfig::descriptor()->FindFieldByName(method);
}

// "form.build.settings.context" of "config.runtime_buildpack.context".
std::string OwnField(const std::string& field) {
  const size_t first = field.find('.');
  const size_t second = first == std::string::npos ? first : field.find('.', first + 1);
  if (second == std::string::npos) return "form.build";
  const std::string rest = field.substr(second + 1);
  const auto moved = [&](const std::string& from, const std::string& to) {
    return rest.starts_with(from) ? to + rest.substr(from.size()) : std::string();
  };
  if (auto run = moved("runtime_config.", "form.run."); !run.empty()) return run;
  if (auto site = moved("static_config.", "form.site."); !site.empty()) return site;
  return "form.build.settings." + rest;
}

void AddOwn(const model::Violations& found, model::Violations& violations) {
  for (const model::Violation& one : found)
    violations.push_back({OwnField(one.field), one.message});
}

// One of the methods that the public API knows.
BuildConfig ReadPublic(const Form& form, const FieldDescriptor& field, const std::string& settings,
                       model::Violations& violations) {
  pb::ApplicationConfig config;
  Message* method = config.GetReflection()->MutableMessage(&config, &field);
  const auto parsed = google::protobuf::util::JsonStringToMessage(settings, method);
  if (!parsed.ok()) {
    violations.push_back(
        {"form.build.settings", "must be settings of " + form.build().method() + ": " +
                                    std::string(parsed.message().data(), parsed.message().size())});
    return {};
  }
  const auto& access = *method->GetReflection();
  const auto* run = method->GetDescriptor()->FindFieldByName("runtime_config");
  const auto* site = method->GetDescriptor()->FindFieldByName("static_config");
  const auto* kind = run != nullptr ? run : site;
  if (access.HasField(*method, kind)) {
    violations.push_back({"form.build.settings." + kind->name(),
                          "must not be there: `run` and `site` of the form say that"});
  }
  if (run != nullptr)
    access.MutableMessage(method, run)->CopyFrom(form.run());
  else
    access.MutableMessage(method, site)->CopyFrom(form.site());
  model::Violations found;
  BuildConfig out = ReadConfig(config, found);
  AddOwn(found, violations);
  out.kind_field = run != nullptr ? "form.run" : "form.site";
  return out;
}

// Any other.
BuildConfig ReadOther(const Form& form, bool is_static, std::string settings,
                      model::Violations& violations) {
  model::Violations found;
  BuildConfig out = is_static
                        ? ReadSite(form.build().method(), std::move(settings), form.site(), found)
                        : ReadRun(form.build().method(), std::move(settings), form.run(), found);
  AddOwn(found, violations);
  out.kind_field = is_static ? "form.site" : "form.run";
  return out;
}

// Whether a site comes of it; says so where the form says something else.
bool IsStatic(const Form& form, model::Violations& violations) {
  const std::string& method = form.build().method();
  const bool runs = method.starts_with("runtime-"), shows = method.starts_with("static-");
  if (runs && form.has_site())
    violations.push_back({"form.site", "must not be there: " + method + " makes no site"});
  if (shows && form.has_run())
    violations.push_back({"form.run", "must not be there: " + method + " makes a site"});
  return shows || (!runs && form.has_site());
}

}  // namespace

std::string Listed(const std::set<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "there is none" : out;
}

Result<std::set<std::string>> Backends(const Context& context) {
  NS_ASSIGN(const auto hosts, context.store().hosts.List(kAlive));
  std::set<std::string> out;
  for (const model::Host& host : hosts) {
    for (const model::PluginState& plugin : host.plugins) {
      if (plugin.kind.starts_with("ns.backend/")) out.insert(plugin.instance);
    }
  }
  return out;
}

Result<BuildConfig> ReadBuild(const Context& context, const Form& asked,
                              model::Violations& violations) {
  Form form = asked;
  std::string& method = *form.mutable_build()->mutable_method();
  const FieldDescriptor* field = PublicField(method);
  if (field != nullptr) std::ranges::replace(method, '_', '-');
  NS_ASSIGN(const auto methods, Methods(context));
  const auto known = methods.find(method);
  if (known == methods.end() && field == nullptr) {
    violations.push_back({"form.build.method", NoSuchMethod(methods, method)});
    return BuildConfig();
  }
  const std::string given = form.build().settings().empty() ? "{}" : form.build().settings();
  const auto settings = json::CanonicalObject(given);
  if (!settings.ok()) {
    violations.push_back(
        {"form.build.settings", "must be a JSON object: " + settings.status().message()});
    return BuildConfig();
  }
  const bool is_static = IsStatic(form, violations);
  BuildConfig out = field != nullptr ? ReadPublic(form, *field, *settings, violations)
                                     : ReadOther(form, is_static, *settings, violations);
  if (known == methods.end() || out.build.method.empty()) return out;
  const Status fits = json::CheckSchema(known->second, out.build.settings);
  if (!fits.ok())
    violations.push_back(
        {"form.build.settings", "must fit the schema of " + method + ": " + fits.message()});
  return out;
}

}  // namespace ns::api
