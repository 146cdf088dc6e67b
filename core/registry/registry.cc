#include "registry/registry.h"

#include <curl/curl.h>
#include <simdjson.h>

#include "registry/challenge.h"
#include "registry/http.h"

namespace ns::registry {
namespace {

constexpr char kUnavailable[] = "RegistryUnavailable";
constexpr int kMostPages = 100;

// Every kind of manifest: the digest is that of what was pushed, not of a conversion.
const std::vector<std::string> kManifests = {
    "Accept: application/vnd.docker.distribution.manifest.v2+json",
    "Accept: application/vnd.docker.distribution.manifest.list.v2+json",
    "Accept: application/vnd.oci.image.manifest.v1+json",
    "Accept: application/vnd.oci.image.index.v1+json"};

// The strings of array `key`; none where it is null or not there.
std::vector<std::string> StringsOf(const std::string& json, const char* key) {
  simdjson::dom::parser parser;
  simdjson::dom::array array;
  std::vector<std::string> strings;
  if (parser.parse(json)[key].get(array) != simdjson::SUCCESS) return strings;
  for (const simdjson::dom::element element : array) {
    std::string_view text;
    if (element.get(text) == simdjson::SUCCESS) strings.emplace_back(text);
  }
  return strings;
}

std::string StringOf(const std::string& json, const char* key) {
  simdjson::dom::parser parser;
  std::string_view text;
  if (parser.parse(json)[key].get(text) != simdjson::SUCCESS) return "";
  return std::string(text);
}

class HttpRegistry final : public ports::Registry {
 public:
  HttpRegistry(RegistryOptions options, Clock& clock)
      : options_(std::move(options)), clock_(clock) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
  }

  std::string RepositoryFor(const AppId& app) const override {
    return RegistryHost(options_.url) + "/" + Name(app);
  }

  Status Ping(const ports::Call& call) override {
    NS_ASSIGN(const HttpAnswer answer, Ask(call, "GET", "/v2/"));
    return answer.status == 200 ? Status() : Refused(answer, "GET /v2/");
  }

  Result<std::string> Digest(const ports::Call& call, const AppId& app,
                             const std::string& tag) override {
    const std::string path = "/v2/" + Name(app) + "/manifests/" + tag;
    NS_ASSIGN(const HttpAnswer answer, Ask(call, "HEAD", path, kManifests));
    if (answer.status == 404)
      return NotFound("the registry has no tag " + tag + " of " + Name(app));
    if (answer.status != 200) return Refused(answer, "HEAD " + path);
    const auto digest = answer.headers.find("docker-content-digest");
    if (digest == answer.headers.end()) return Internal("the registry tells no digest of " + path);
    return digest->second;
  }

  Result<std::vector<std::string>> Tags(const ports::Call& call, const AppId& app) override {
    std::vector<std::string> tags;
    std::string path = "/v2/" + Name(app) + "/tags/list";
    for (int page = 0; page < kMostPages && !path.empty(); ++page) {
      NS_ASSIGN(const HttpAnswer answer, Ask(call, "GET", path));
      if (answer.status == 404) break;
      if (answer.status != 200) return Refused(answer, "GET " + path);
      const auto some = StringsOf(answer.body, "tags");
      tags.insert(tags.end(), some.begin(), some.end());
      path = NextPage(answer);
    }
    return tags;
  }

  Status Delete(const ports::Call& call, const AppId& app, const std::string& digest) override {
    const std::string path = "/v2/" + Name(app) + "/manifests/" + digest;
    NS_ASSIGN(const HttpAnswer answer, Ask(call, "DELETE", path));
    if (answer.status == 202 || answer.status == 200 || answer.status == 404) return {};
    if (answer.status == 405)
      return {Code::kUnsupported, "RegistryKeepsAll",
              "the registry does not allow deletion; switch it on there (storage.delete.enabled)"};
    return Refused(answer, "DELETE " + path);
  }

 private:
  std::string Name(const AppId& app) const { return options_.prefix + app.str(); }

  // Link: </v2/x/tags/list?last=b&n=100>; rel="next" (distribution specification, listing tags)
  static std::string NextPage(const HttpAnswer& answer) {
    const auto link = answer.headers.find("link");
    if (link == answer.headers.end() || link->second.find("rel=\"next\"") == std::string::npos)
      return "";
    const size_t begin = link->second.find("</v2/"), end = link->second.find('>');
    return begin == std::string::npos || end == std::string::npos
               ? ""
               : link->second.substr(begin + 1, end - begin - 1);
  }

  Status Refused(const HttpAnswer& answer, const std::string& what) const {
    const std::string message = "the registry " + options_.url + " answers " +
                                std::to_string(answer.status) + " to " + what;
    if (answer.status == 401 || answer.status == 403)
      return {Code::kDenied, "RegistryDenied",
              message + ": look at username and password of `registry`"};
    return {Code::kUnavailable, kUnavailable, message};
  }

  // With whatever authentication the registry asks for.
  Result<HttpAnswer> Ask(const ports::Call& call, const std::string& method,
                         const std::string& path, std::vector<std::string> headers = {}) const {
    HttpRequest request{
        method,  options_.url + path, std::move(headers), options_.username, options_.password,
        Secret()};
    NS_ASSIGN(HttpAnswer answer, Reach(call, request));
    if (answer.status != 401) return answer;
    const auto challenge = ParseChallenge(answer.headers["www-authenticate"]);
    if (!challenge) return answer;
    NS_ASSIGN(request.bearer, Token(call, *challenge));
    request.username.clear();
    return Reach(call, request);
  }

  Result<Secret> Token(const ports::Call& call, const Challenge& challenge) const {
    NS_ASSIGN(
        const HttpAnswer answer,
        Reach(call,
              {"GET", challenge.TokenUrl(), {}, options_.username, options_.password, Secret()}));
    if (answer.status != 200) return Refused(answer, "GET " + challenge.realm);
    std::string token = StringOf(answer.body, "token");
    if (token.empty()) token = StringOf(answer.body, "access_token");
    if (token.empty()) return Internal("the token service " + challenge.realm + " gives no token");
    return Secret(std::move(token));
  }

  Result<HttpAnswer> Reach(const ports::Call& call, const HttpRequest& request) const {
    auto answer = Send(call, request, options_.timeout, clock_);
    if (answer.ok() || answer.status().code() != Code::kUnavailable) return answer;
    return Status(
        Code::kUnavailable, kUnavailable,
        "the registry " + options_.url + " does not answer: " + answer.status().message());
  }

  const RegistryOptions options_;
  Clock& clock_;
};

}  // namespace

std::unique_ptr<ports::Registry> NewRegistry(RegistryOptions options, Clock& clock) {
  while (options.url.ends_with('/')) options.url.pop_back();
  if (!options.prefix.empty() && !options.prefix.ends_with('/')) options.prefix += '/';
  return std::make_unique<HttpRegistry>(std::move(options), clock);
}

std::string RegistryHost(const std::string& url) {
  const size_t scheme = url.find("://");
  const std::string rest = scheme == std::string::npos ? url : url.substr(scheme + 3);
  return rest.substr(0, rest.find('/'));
}

}  // namespace ns::registry
