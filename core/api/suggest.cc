// What an application of a repository could look like.
#include <algorithm>

#include "api/ask_builder.h"
#include "api/build_config.h"
#include "api/convert_platform.h"
#include "api/method.h"
#include "api/problem.h"
#include "api/remote.h"
#include "plan/fetch.h"

namespace ns::api {
namespace {

// Letters, digits and single dashes of `text`, as one label of a host; "app" when nothing is left.
std::string Label(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool plain = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    if (plain) out += lower;
    if (!plain && !out.empty() && out.back() != '-') out += '-';
  }
  out.resize(std::min<size_t>(out.size(), 50));
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? "app" : out;
}

// The last part of a URL without ".git".
std::string NameOf(const model::Repository& repository) {
  std::string_view url = repository.url;
  while (url.ends_with('/')) url.remove_suffix(1);
  if (url.ends_with(".git")) url.remove_suffix(4);
  const size_t cut = url.find_last_of("/:");
  return std::string(cut == std::string_view::npos ? url : url.substr(cut + 1));
}

// A host below the first wildcard domain that no application holds; empty where there is no such
// domain.
Result<std::string> FreeHost(const Context& context, const std::string& label) {
  const auto& domains = context.settings.platform.domains;
  const auto wildcard = std::find_if(domains.begin(), domains.end(), [](const auto& domain) {
    return domain.name.starts_with("*.");
  });
  if (wildcard == domains.end()) return std::string();
  NS_ASSIGN(const auto apps, context.store().apps.List());
  const auto taken = [&](const std::string& host) {
    return std::any_of(apps.begin(), apps.end(), [&](const model::Application& app) {
      return std::any_of(app.websites.begin(), app.websites.end(),
                         [&](const model::Website& website) { return website.fqdn == host; });
    });
  };
  for (int n = 1; n <= 1000; ++n) {
    const std::string host =
        label + (n == 1 ? "" : "-" + std::to_string(n)) + wildcard->name.substr(1);
    if (model::Covers(*wildcard, host) && !taken(host)) return host;
  }
  return std::string();
}

platform::Suggestion::Method MethodOf(const ports::MethodSuggestion& one) {
  const ports::Suggestion& said = one.suggestion;
  platform::Suggestion::Method out;
  out.set_name(one.method);
  std::replace(out.mutable_name()->begin(), out.mutable_name()->end(), '-', '_');
  out.set_reason(said.why);
  out.set_http_port(said.port);
  out.set_fit(said.fit);
  if (said.fit == 0) return out;
  out.set_settings(said.settings);
  out.set_artifact_path(said.artifact_path);
  out.set_command(said.command);
  model::Application app;
  app.build = {one.method, said.settings};
  app.run.command = said.command;
  app.artifact_path = said.artifact_path;
  const auto config = WriteConfig(app);
  out.set_dockerfile_name(config.runtime_dockerfile().dockerfile_name());
  if (config.build_config_case() != config.BUILD_CONFIG_NOT_SET) *out.mutable_config() = config;
  return out;
}

void Add(const ports::Detection& found, platform::Suggestion& out) {
  for (const auto& one : found.fits) *out.add_methods() = MethodOf(one);
  for (const auto& one : found.misfits) *out.add_misfits() = MethodOf(one);
  for (const auto& [method, why] : found.failed) {
    auto& failure = *out.add_failures();
    failure.set_name(method);
    failure.set_reason(why.reason());
    failure.set_message(why.message());
  }
}

Result<platform::Suggestion> SuggestApplication(const Context& context, const Request& request,
                                                const platform::SuggestApplicationRequest& in) {
  platform::Suggestion out;
  out.set_ref_name(in.ref_name().empty() ? "HEAD" : in.ref_name());
  out.set_name(in.name().empty() ? NameOf(*request.on.repository) : in.name());
  model::Violations violations;
  model::CheckRef("ref_name", out.ref_name(), violations);
  model::CheckName("name", out.name(), violations);
  NS_TRY(CheckNone(violations));
  NS_ASSIGN(const auto refs, ListRefs(context, request, *request.on.repository));
  out.set_commit(plan::Resolve(refs, out.ref_name()));
  if (out.commit() == model::kNoCommit) {
    return InvalidField("ref_name", "must be a branch, a tag or HEAD of the repository, got " +
                                        model::Quoted(out.ref_name()));
  }
  NS_ASSIGN(std::string host, FreeHost(context, Label(out.name())));
  out.set_fqdn(std::move(host));
  if (in.without_methods()) return out;
  NS_ASSIGN(const auto found,
            AskBuilder(context, request, request.on.repository->id, out.commit()));
  Add(found, out);
  return out;
}

}  // namespace

void OfferSuggest(MethodTable& table) {
  Offer(table, std::string(kPlatformService) + "SuggestApplication", SuggestApplication);
}

}  // namespace ns::api
