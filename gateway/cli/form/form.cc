#include "form/form.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "form/canonical_host.h"
#include "form/canonical_path.h"

namespace ns::cli::form {
namespace {

using google::protobuf::FieldDescriptor;

const FieldDescriptor* ChosenOf(const api::ApplicationConfig& config) {
  return config.GetReflection()->GetOneofFieldDescriptor(
      config, api::ApplicationConfig::descriptor()->oneof_decl(0));
}

std::string Dashed(std::string name) {
  std::ranges::replace(name, '_', '-');
  return name;
}

}  // namespace

std::string Mistake::ToString(const std::string& file) const {
  std::string text = file;
  if (place.line > 0) text += ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
  return text + ": " + (field.empty() ? "" : field + ": ") + message;
}

Place Read::PlaceOf(std::string field) const {
  while (!field.empty()) {
    if (const auto found = places.find(field); found != places.end()) return found->second;
    const size_t end = field.find_last_of(".[");
    field.resize(end == std::string::npos ? 0 : end);
  }
  return {};
}

void Normalise(api::CreateWebsiteRequest& website) {
  website.set_fqdn(CanonicalHost(website.fqdn()));
  website.set_path_prefix(website.path_prefix().empty() ? "/"
                                                        : CanonicalPath(website.path_prefix()));
  if (website.http_port() == 0) website.set_http_port(80);
}

void Normalise(api::ApplicationConfig& config) {
  config.DiscardUnknownFields();
  const FieldDescriptor* chosen = ChosenOf(config);
  if (!chosen) return;
  auto& method = *config.GetReflection()->MutableMessage(&config, chosen);
  const auto& reflection = *method.GetReflection();
  const auto& descriptor = *method.GetDescriptor();
  if (const auto* folder = descriptor.FindFieldByName("context");
      folder && reflection.GetString(method, folder).empty())
    reflection.SetString(&method, folder, ".");
  for (const char* name : {"runtime_config", "static_config"}) {
    if (const auto* part = descriptor.FindFieldByName(name))
      reflection.MutableMessage(&method, part);  // there, be it empty
  }
  const auto* run = descriptor.FindFieldByName("runtime_config");
  if (!run) return;
  auto& runtime = static_cast<api::RuntimeConfig&>(*reflection.MutableMessage(&method, run));
  if (!runtime.auto_shutdown().enabled() && runtime.auto_shutdown().startup() == 0)
    runtime.clear_auto_shutdown();
}

platform::EnvScope UsualScope(const api::ApplicationConfig& config) {
  return MethodOf(config).starts_with("static-") ? platform::ENV_SCOPE_BUILD
                                                 : platform::ENV_SCOPE_RUN;
}

std::string MethodOf(const api::ApplicationConfig& config) {
  const FieldDescriptor* chosen = ChosenOf(config);
  return chosen ? Dashed(chosen->name()) : "";
}

std::vector<std::string> Strategies() {
  return {NameOf(platform::ApplicationForm::ROLLING), NameOf(platform::ApplicationForm::RECREATE)};
}

std::string NameOf(Strategy strategy) {
  return strategy == platform::ApplicationForm::RECREATE ? "recreate" : "rolling";
}

Strategy StrategyOf(const std::string& word) {
  return word == "recreate" ? platform::ApplicationForm::RECREATE
                            : platform::ApplicationForm::ROLLING;
}

std::vector<std::string> Methods() {
  std::vector<std::string> names;
  const auto& choices = *api::ApplicationConfig::descriptor()->oneof_decl(0);
  for (int i = 0; i < choices.field_count(); ++i) names.push_back(Dashed(choices.field(i)->name()));
  return names;
}

}  // namespace ns::cli::form
