#include "docker/engine.h"

#include <algorithm>

#include "docker/json.h"
#include "docker/log_frames.h"

namespace ns::docker {
namespace {

using http::Escaped;
using http::Response;
using sdk::Call;
using sdk::Error;
using sdk::Fault;

constexpr int kNewestMinor = 47, kOldestMinor = 41;

Error Unavailable(const std::string& detail) {
  return Error(NS_E_UNAVAILABLE, NS_REASON_BACKEND_UNAVAILABLE,
               "The Docker Engine does not answer: " + detail, Fault::kPlatform);
}

Error Refusal(const Response& response) {
  const std::string message = ParseMessage(response.body);
  const ns_status code = response.status == 404   ? NS_E_NOT_FOUND
                         : response.status == 409 ? NS_E_EXISTS
                         : response.status == 400 ? NS_E_INVALID
                                                  : NS_E_INTERNAL;
  return Error(code, NS_REASON_BACKEND_UNAVAILABLE, "The Docker Engine refused: " + message + ".",
               Fault::kPlatform);
}

const Response& Expect(const Response& response, std::initializer_list<int> also = {}) {
  if (response.ok() || std::find(also.begin(), also.end(), response.status) != also.end())
    return response;
  throw Refusal(response);
}

// A failure to reach the Engine under the reason that every backend gives for it.
template <class Action>
auto Reaching(const Action& action) {
  try {
    return action();
  } catch (const Error& error) {
    if (error.code() == NS_E_UNAVAILABLE && error.reason().empty())
      throw Unavailable(error.message());
    throw;
  }
}

std::string LabelFilters(const Labels& labels) {
  std::vector<std::string> values;
  for (const auto& [key, value] : labels) values.push_back(key + "=" + value);
  return "filters=" + Escaped(RenderFilters({{"label", std::move(values)}}));
}

int MinorOf(const std::string& version) {  // "1.41"
  const size_t dot = version.find('.');
  return dot == std::string::npos ? 0 : std::atoi(version.c_str() + dot + 1);
}

// Lines of a stream that come in pieces.
class Lines {
 public:
  explicit Lines(std::function<void(std::string_view)> take) : take_(std::move(take)) {}
  void operator()(std::string_view piece) {
    buffer_ += piece;
    size_t at = 0;
    for (size_t end; (end = buffer_.find('\n', at)) != std::string::npos; at = end + 1)
      take_(std::string_view(buffer_).substr(at, end - at));
    buffer_.erase(0, at);
  }

 private:
  std::function<void(std::string_view)> take_;
  std::string buffer_;
};

std::string Seconds(UtcTime time) {
  const int64_t micros = time.time_since_epoch().count();
  std::string fraction = std::to_string(micros % 1'000'000);
  return std::to_string(micros / 1'000'000) + "." + std::string(6 - fraction.size(), '0') +
         fraction;
}

std::string RegistryOf(const std::string& reference) {
  const size_t slash = reference.find('/');
  const std::string first = reference.substr(0, slash);
  const bool host = slash != std::string::npos &&
                    (first.find_first_of(".:") != std::string::npos || first == "localhost");
  return host ? first : "https://index.docker.io/v1/";
}

Error PullFailure(const std::string& reference, const std::string& message) {
  const bool gone = message.find("not found") != std::string::npos ||
                    message.find("manifest unknown") != std::string::npos ||
                    message.find("No such image") != std::string::npos ||
                    message.find("does not exist") != std::string::npos;
  if (gone)
    return Error(NS_E_NOT_FOUND, NS_REASON_IMAGE_GONE,
                 "Image " + reference + " is not in the registry any more; build again.",
                 Fault::kPlatform);
  return Error(NS_E_UNAVAILABLE, NS_REASON_IMAGE_PULL_FAILED,
               "Image " + reference + " cannot be pulled: " + message + ".", Fault::kPlatform);
}

}  // namespace

std::string Engine::Prefix(const Call& call) {
  {
    const std::lock_guard lock(mutex_);
    if (!prefix_.empty()) return prefix_;
  }
  const Response response = Reaching(
      [&] { return http_.Do(call, {.url = "http://docker/_ping", .unix_socket = socket_}); });
  Expect(response);
  const auto version = response.headers.find("api-version");
  const int minor = version == response.headers.end() ? kOldestMinor : MinorOf(version->second);
  if (minor < kOldestMinor)
    throw Error(NS_E_UNSUPPORTED, NS_REASON_BACKEND_UNAVAILABLE,
                "The Docker Engine speaks API 1." + std::to_string(minor) + "; 1." +
                    std::to_string(kOldestMinor) + " (Docker 20.10) or newer is needed.",
                Fault::kOperator);
  const std::lock_guard lock(mutex_);
  prefix_ = "/v1." + std::to_string(std::min(minor, kNewestMinor));
  return prefix_;
}

http::Request Engine::RequestTo(const Call& call, const std::string& method,
                                const std::string& path) {
  return {.method = method, .url = "http://docker" + Prefix(call) + path, .unix_socket = socket_};
}

Response Engine::Ask(const Call& call, const std::string& method, const std::string& path,
                     std::string body, std::chrono::milliseconds timeout) {
  http::Request request = RequestTo(call, method, path);
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  request.timeout = timeout;
  return Reaching([&] { return http_.Do(call, request); });
}

void Engine::Ping(const Call& call) {
  Expect(Ask(call, "GET", "/_ping", "", std::chrono::seconds(5)));
}
int Engine::Version(const Call& call) { return 100 + MinorOf(Prefix(call).substr(2)); }

std::vector<Listed> Engine::List(const Call& call, const Labels& labels) {
  const Response list = Ask(call, "GET", "/containers/json?all=1&" + LabelFilters(labels));
  return ParseContainers(Expect(list).body);
}

std::vector<Container> Engine::Containers(const Call& call, const Labels& labels) {
  std::vector<Container> containers;
  for (const Listed& one : List(call, labels)) {
    if (auto container = Inspect(call, one.id)) containers.push_back(std::move(*container));
  }
  return containers;
}

std::optional<Container> Engine::Inspect(const Call& call, const std::string& id) {
  const Response response = Ask(call, "GET", "/containers/" + Escaped(id) + "/json");
  if (response.status == 404) return std::nullopt;
  return ParseContainer(Expect(response).body);
}

std::string Engine::Create(const Call& call, const ContainerSpec& spec) {
  return ParseId(Expect(Ask(call, "POST", "/containers/create?name=" + Escaped(spec.name),
                            RenderContainer(spec)))
                     .body);
}

std::string Engine::CreateUnstarted(const Call& call, const UnstartedSpec& spec) {
  return ParseId(Expect(Ask(call, "POST", "/containers/create?name=" + Escaped(spec.name),
                            RenderUnstarted(spec)))
                     .body);
}

void Engine::Start(const Call& call, const std::string& id) {
  Expect(Ask(call, "POST", "/containers/" + id + "/start"), {304});
}

// A stop with a grace of its own would hold this thread; the kill endpoint sends a signal and
// returns. A container that is told that way would be started again by its restart policy.
void Engine::AskToStop(const Call& call, const std::string& id) {
  const std::optional<Container> container = Inspect(call, id);
  if (!container) return;
  const std::string signal = container->stop_signal.empty() ? "SIGTERM" : container->stop_signal;
  Expect(Ask(call, "POST", "/containers/" + id + "/update", R"({"RestartPolicy":{"Name":"no"}})"),
         {404, 409, 500});
  Expect(Ask(call, "POST", "/containers/" + id + "/kill?signal=" + Escaped(signal)),
         {404, 409, 500});
}

void Engine::Kill(const Call& call, const std::string& id) {
  Expect(Ask(call, "POST", "/containers/" + id + "/stop?t=0"), {304, 404, 409});
}

void Engine::Remove(const Call& call, const std::string& id) {
  Expect(Ask(call, "DELETE", "/containers/" + id + "?force=1&v=1"), {404, 409});
}

void Engine::SetRestartPolicy(const Call& call, const std::string& id, const std::string& policy) {
  Expect(Ask(call, "POST", "/containers/" + id + "/update",
             R"({"RestartPolicy":{"Name":")" + policy + R"("}})"));
}

void Engine::PutArchive(const Call& call, const std::string& id, std::string tar) {
  http::Request request = RequestTo(call, "PUT", "/containers/" + id + "/archive?path=%2F");
  request.headers.emplace_back("Content-Type", "application/x-tar");
  request.body = std::move(tar);
  Expect(Reaching([&] { return http_.Do(call, request); }));
}

// The answer to a HEAD has no words: what it refuses is asked for once more.
std::optional<PathStat> Engine::Stat(const Call& call, const std::string& id,
                                     const std::string& path) {
  const std::string where = "/containers/" + id + "/archive?path=" + Escaped(path);
  const Response response = Ask(call, "HEAD", where);
  if (response.status == 404) return std::nullopt;
  if (!response.ok()) Expect(Ask(call, "GET", where));
  Expect(response);
  const auto stat = response.headers.find("x-docker-container-path-stat");
  return ParsePathStat(stat == response.headers.end() ? "" : stat->second);
}

void Engine::GetArchive(const Call& call, const std::string& id, const std::string& path,
                        const std::function<void(std::string_view)>& take,
                        const std::vector<http::Watched>& watched) {
  const http::Request request =
      RequestTo(call, "GET", "/containers/" + id + "/archive?path=" + Escaped(path));
  Expect(Reaching([&] { return http_.Stream(call, request, take, watched); }));
}

std::vector<Network> Engine::Networks(const Call& call, const Labels& labels) {
  return ParseNetworks(
      Expect(Ask(call, "GET", "/networks" + (labels.empty() ? "" : "?" + LabelFilters(labels))))
          .body);
}

std::optional<Network> Engine::InspectNetwork(const Call& call, const std::string& name) {
  const Response response = Ask(call, "GET", "/networks/" + Escaped(name));
  if (response.status == 404) return std::nullopt;
  return ParseNetwork(Expect(response).body);
}

std::string Engine::CreateNetwork(const Call& call, const std::string& name,
                                  const std::string& subnet, const Labels& labels) {
  return ParseId(
      Expect(Ask(call, "POST", "/networks/create", RenderNetwork(name, subnet, labels))).body);
}

void Engine::RemoveNetwork(const Call& call, const std::string& id) {
  Expect(Ask(call, "DELETE", "/networks/" + Escaped(id)), {404});
}

bool Engine::HasImage(const Call& call, const std::string& reference) {
  const Response response = Ask(call, "GET", "/images/" + reference + "/json");
  return response.status != 404 && Expect(response).ok();
}

void Engine::Pull(const Call& call, const std::string& reference, const std::string& username,
                  const std::string& password) {
  const bool named =
      reference.find('@') != std::string::npos || reference.rfind(':') > reference.rfind('/') + 1;
  http::Request request =
      RequestTo(call, "POST",
                "/images/create?fromImage=" + Escaped(reference) + (named ? "" : "&tag=latest"));
  request.timeout = std::chrono::seconds(60);
  if (const std::string auth = RenderAuth(username, password, RegistryOf(reference)); !auth.empty())
    request.headers.emplace_back("X-Registry-Auth", auth);
  std::string failure;
  Lines lines([&](std::string_view line) {
    if (std::string error = ParsePullError(line); !error.empty()) failure = std::move(error);
  });
  const Response response = Reaching(
      [&] { return http_.Stream(call, request, [&](std::string_view piece) { lines(piece); }); });
  if (!response.ok()) failure = ParseMessage(response.body);
  if (!failure.empty()) throw PullFailure(reference, failure);
}

std::vector<Image> Engine::Images(const Call& call, const Labels& labels) {
  return ParseImages(Expect(Ask(call, "GET", "/images/json?all=0&" + LabelFilters(labels))).body);
}

std::optional<UtcTime> Engine::Tagged(const Call& call, const std::string& id) {
  const Response response = Ask(call, "GET", "/images/" + Escaped(id) + "/json");
  if (response.status == 404) return std::nullopt;
  return ParseTagTime(Expect(response).body);
}

void Engine::RemoveImage(const Call& call, const std::string& id) {
  Expect(Ask(call, "DELETE", "/images/" + Escaped(id) + "?force=1"), {404, 409});
}

void Engine::Events(const Call& call, const std::function<void()>& begun,
                    const std::function<void(const Event&)>& take,
                    const std::vector<http::Watched>& watched) {
  Prefix(call);
  // What happens between this moment and the start of the stream is replayed, so that nothing is
  // lost.
  const auto since =
      std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  begun();
  Lines lines([&](std::string_view line) {
    if (!line.empty()) take(ParseEvent(line));
  });
  http::Request request =
      RequestTo(call, "GET",
                "/events?since=" + Seconds(since) +
                    "&filters=" + Escaped(RenderFilters({{"type", {"container", "network"}}})));
  request.timeout = std::chrono::milliseconds(0);
  Expect(Reaching([&] {
    return http_.Stream(
        call, request, [&](std::string_view piece) { lines(piece); }, watched);
  }));
}

std::optional<Usage> Engine::Stats(const Call& call, const std::string& id) {
  const Response response =
      Ask(call, "GET", "/containers/" + Escaped(id) + "/stats?stream=false&one-shot=true", "",
          std::chrono::seconds(3));
  if (response.status == 404 || response.status == 409) return std::nullopt;
  return ParseStats(Expect(response).body);
}

int Engine::Logs(const Call& call, const std::string& id, const LogQuery& query,
                 const std::function<void(LogLine)>& take) {
  std::string path = "/containers/" + Escaped(id) + "/logs?stdout=1&stderr=1&timestamps=1";
  if (query.tail > 0) path += "&tail=" + std::to_string(query.tail);
  if (query.since != UtcTime()) path += "&since=" + Seconds(query.since);
  if (query.until != UtcTime()) path += "&until=" + Seconds(query.until);
  LogFrames frames(take);
  const Response response = Reaching([&] {
    return http_.Stream(call, RequestTo(call, "GET", path),
                        [&](std::string_view piece) { frames.Feed(piece); });
  });
  Expect(response, {404, 409});
  frames.Finish();
  return frames.records();
}

}  // namespace ns::docker
