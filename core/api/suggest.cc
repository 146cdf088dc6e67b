// What an application of a repository could look like.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "api/convert_platform.h"
#include "api/dockerfile.h"
#include "api/method.h"
#include "api/problem.h"
#include "api/remote.h"
#include "plan/fetch.h"

namespace ns::api {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxDockerfile = 1 << 20;  // bytes

// A checkout that goes with its owner.
class Scratch {
 public:
  Scratch(const std::string& folder, Random& random)
      : path_(fs::path(folder) / ("suggest-" + NewIdText(random))) {}
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const fs::path& path() const { return path_; }
  Status Make() const {
    std::error_code error;
    fs::create_directories(path_, error);
    if (!error) return Status();
    return {Code::kUnavailable, "DiskUnavailable",
            "cannot make a folder for a checkout: " + error.message()};
  }

 private:
  const fs::path path_;
};

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

std::string ReadText(const fs::path& path) {
  std::error_code error;
  if (fs::file_size(path, error) > kMaxDockerfile || error) return "";
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Dockerfiles of the source, those at the usual places first.
std::vector<std::string> Dockerfiles(const fs::path& source) {
  std::vector<std::string> out;
  for (const char* name : {"Dockerfile", "Containerfile", "dockerfile", "docker/Dockerfile",
                           "build/Dockerfile", ".docker/Dockerfile", "deploy/Dockerfile"}) {
    std::error_code error;
    if (fs::is_regular_file(fs::symlink_status(source / name, error))) out.push_back(name);
  }
  return out;
}

void AddMethods(const fs::path& source, platform::Suggestion& out) {
  for (const std::string& name : Dockerfiles(source)) {
    auto* method = out.add_methods();
    method->set_name("runtime_dockerfile");
    method->set_dockerfile_name(name);
    method->set_http_port(ExposedPort(ReadText(source / name)));
    const std::string port = method->http_port() == 0
                                 ? ", which exposes no port"
                                 : ", which exposes port " + std::to_string(method->http_port());
    method->set_reason("the source has " + name + port);
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
  const Scratch scratch(context.settings.scratch, context.parts.random);
  NS_TRY(scratch.Make());
  NS_TRY(Checkout(context, request, *request.on.repository, out.commit(), scratch.path().string()));
  AddMethods(scratch.path(), out);
  return out;
}

}  // namespace

void OfferSuggest(MethodTable& table) {
  Offer(table, std::string(kPlatformService) + "SuggestApplication", SuggestApplication);
}

}  // namespace ns::api
