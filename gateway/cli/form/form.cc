#include "form/form.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "form/canonical_host.h"
#include "form/canonical_path.h"
#include "form/free_settings.h"

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

void Normalise(api::RuntimeConfig& run) {
  if (!run.auto_shutdown().enabled() && run.auto_shutdown().startup() == 0)
    run.clear_auto_shutdown();
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
  if (const auto* run = descriptor.FindFieldByName("runtime_config"))
    Normalise(static_cast<api::RuntimeConfig&>(*reflection.MutableMessage(&method, run)));
}

// A program comes of it unless something else is said: so the server takes it.
void Normalise(platform::ApplicationForm& other) {
  other.DiscardUnknownFields();
  const std::string& method = other.build().method();
  if (method.empty()) return;
  other.mutable_build()->set_settings(Canonical(other.build().settings()));
  if (!other.has_run() && !other.has_site()) {
    if (method.starts_with("static-"))
      other.mutable_site();
    else
      other.mutable_run();
  }
  if (other.has_run()) Normalise(*other.mutable_run());
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

void Normalise(Build& build) {
  Normalise(build.known);
  Normalise(build.other);
}

bool IsSite(const Build& build) {
  return build.other.has_site() || MethodOf(build.known).starts_with("static-");
}

platform::EnvScope UsualScope(const Build& build) {
  return IsSite(build) ? platform::ENV_SCOPE_BUILD : platform::ENV_SCOPE_RUN;
}

std::string MethodOf(const api::ApplicationConfig& config) {
  const FieldDescriptor* chosen = ChosenOf(config);
  return chosen ? Dashed(chosen->name()) : "";
}

std::string MethodOf(const Build& build) {
  const std::string known = MethodOf(build.known);
  return known.empty() ? build.other.build().method() : known;
}

bool IsMisnamed(const std::string& method) {
  const auto all = Methods();
  const std::string name = Dashed(method);
  return method.empty() || (name != method && std::ranges::find(all, name) != all.end());
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
