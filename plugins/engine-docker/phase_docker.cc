#include "phase_docker.h"

#include <boost/json.hpp>

#include "docker/json.h"
#include "docker/log_frames.h"

namespace ns::engine_docker {
namespace {

namespace json = boost::json;
using http::Escaped;

json::object Object(const docker::Labels& labels) {
  json::object object;
  for (const auto& [key, value] : labels) object[key] = value;
  return object;
}
json::array Array(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

const json::value* At(const json::value& value, const char* name) {
  const json::object* object = value.if_object();
  return object ? object->if_contains(name) : nullptr;
}
std::string TextAt(const json::value& value, const char* name) {
  const json::value* text = At(value, name);
  return text && text->is_string() ? std::string(text->get_string()) : "";
}

json::value Parse(std::string_view text) {
  json::error_code error;
  json::value value = json::parse(text, error);
  return error ? json::value() : value;
}

VolumeFacts VolumeOf(const json::value& value) {
  VolumeFacts facts;
  facts.name = TextAt(value, "Name");
  if (const json::value* labels = At(value, "Labels"); labels && labels->is_object()) {
    for (const auto& [key, text] : labels->get_object()) {
      if (text.is_string()) facts.labels[std::string(key)] = std::string(text.get_string());
    }
  }
  const json::value* usage = At(value, "UsageData");
  const json::value* size = usage ? At(*usage, "Size") : nullptr;
  if (size && size->is_int64()) facts.size = std::max<int64_t>(0, size->get_int64());
  return facts;
}

sdk::Error Refusal(const http::Response& response) {
  return {response.status == 404 ? NS_E_NOT_FOUND : NS_E_INTERNAL, NS_REASON_BACKEND_UNAVAILABLE,
          docker::ParseMessage(response.body), sdk::Fault::kPlatform};
}

std::string LabelFilters(const docker::Labels& labels) {
  std::vector<std::string> values;
  for (const auto& [key, value] : labels) values.push_back(key + "=" + value);
  return Escaped(docker::RenderFilters({{"label", std::move(values)}}));
}

}  // namespace

std::string RenderPhase(const PhaseSpec& spec) {
  json::array binds;
  for (const auto& [volume, path] : spec.volumes) binds.emplace_back(volume + ":" + path);
  json::object host{{"NetworkMode", spec.network},
                    {"Binds", std::move(binds)},
                    {"CapDrop", {"ALL"}},
                    {"CapAdd", Array(spec.capabilities)},
                    {"SecurityOpt", {"no-new-privileges"}},
                    {"Memory", spec.memory},
                    {"NanoCpus", spec.nano_cpus}};
  if (spec.memory > 0) host["MemorySwap"] = spec.memory;  // no swap beside it
  if (spec.pids > 0) host["PidsLimit"] = spec.pids;
  // What it writes is read while it runs; the file only has to last until then.
  host["LogConfig"] = {{"Type", "json-file"}, {"Config", {{"max-size", "64m"}, {"max-file", "2"}}}};
  return json::serialize(json::object{{"Image", spec.image},
                                      {"User", spec.user},
                                      {"Labels", Object(spec.labels)},
                                      {"Env", Array(spec.env)},
                                      {"Entrypoint", Array(spec.command)},
                                      {"Cmd", json::array()},
                                      {"HostConfig", std::move(host)}});
}

ImageFacts ParseImageFacts(std::string_view text) {
  const json::value value = Parse(text);
  ImageFacts facts{TextAt(value, "Os"), TextAt(value, "Architecture"), {}};
  const json::value* config = At(value, "Config");
  const json::value* env = config ? At(*config, "Env") : nullptr;
  if (!env || !env->is_array()) return facts;
  for (const json::value& one : env->get_array()) {
    if (!one.is_string()) continue;
    const std::string pair(one.get_string());
    const size_t equals = std::min(pair.find('='), pair.size());
    facts.env[pair.substr(0, equals)] = pair.substr(std::min(equals + 1, pair.size()));
  }
  return facts;
}

std::vector<VolumeFacts> ParseVolumes(std::string_view text) {
  std::vector<VolumeFacts> volumes;
  const json::value value = Parse(text);
  const json::value* list = At(value, "Volumes");
  if (!list || !list->is_array()) return volumes;
  for (const json::value& one : list->get_array()) volumes.push_back(VolumeOf(one));
  return volumes;
}

http::Request PhaseDocker::RequestTo(const std::string& method, const std::string& path) const {
  http::Request request;
  request.method = method;
  request.url = "http://docker" + path;
  request.unix_socket = socket_;
  request.timeout = std::chrono::seconds(60);
  return request;
}

http::Response PhaseDocker::Ask(const sdk::Call& call, http::Request request) {
  if (!request.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  http::Response response = http_.Do(call, request);
  if (!response.ok()) throw Refusal(response);
  return response;
}

std::optional<ImageFacts> PhaseDocker::Facts(const sdk::Call& call, const std::string& image) {
  const http::Response response = http_.Do(call, RequestTo("GET", "/images/" + image + "/json"));
  if (response.status == 404) return std::nullopt;
  if (!response.ok()) throw Refusal(response);
  return ParseImageFacts(response.body);
}

std::string PhaseDocker::TroubleWith(const sdk::Call& call, const std::string& reference,
                                     const std::string& username, const std::string& password) {
  http::Request request = RequestTo("GET", "/distribution/" + reference + "/json");
  const std::string auth =
      docker::RenderAuth(username, password, reference.substr(0, reference.find('/')));
  if (!auth.empty()) request.headers.emplace_back("X-Registry-Auth", auth);
  const http::Response response = http_.Do(call, request);
  if (response.ok() || response.status == 404) return "";
  const std::string message = docker::ParseMessage(response.body);
  for (const char* unknown : {"manifest unknown", "name unknown", "not found"}) {
    if (message.find(unknown) != std::string::npos) return "";
  }
  return message;
}

void PhaseDocker::Create(const sdk::Call& call, const PhaseSpec& spec) {
  http::Request request = RequestTo("POST", "/containers/create?name=" + Escaped(spec.name));
  request.body = RenderPhase(spec);
  Ask(call, std::move(request));
}

void PhaseDocker::Put(const sdk::Call& call, const std::string& container,
                      const std::string& folder, const std::function<size_t(char*, size_t)>& read,
                      const std::vector<http::Watched>& watched) {
  http::Request request =
      RequestTo("PUT", "/containers/" + container + "/archive?path=" + Escaped(folder));
  request.headers.emplace_back("Content-Type", "application/x-tar");
  request.upload = read;
  request.timeout = std::chrono::milliseconds(0);
  const http::Response response = http_.Stream(
      call, request, [](std::string_view) {}, watched);
  if (!response.ok()) throw Refusal(response);
}

docker::Container PhaseDocker::RunToEnd(const sdk::Call& call, const std::string& container,
                                        const std::function<void(const std::string&)>& take,
                                        const std::vector<http::Watched>& watched) {
  engine_.Start(call, container);
  docker::LogFrames frames([&take](const docker::LogLine& line) { take(line.text); });
  http::Request logs = RequestTo(
      "GET", "/containers/" + container + "/logs?follow=1&stdout=1&stderr=1&timestamps=1");
  logs.timeout = std::chrono::milliseconds(0);
  const http::Response followed = http_.Stream(
      call, logs, [&frames](std::string_view piece) { frames.Feed(piece); }, watched);
  if (!followed.ok()) throw Refusal(followed);
  frames.Finish();
  http::Request wait = RequestTo("POST", "/containers/" + container + "/wait");
  wait.timeout = std::chrono::milliseconds(0);
  const http::Response ended = http_.Stream(
      call, wait, [](std::string_view) {}, watched);
  if (!ended.ok()) throw Refusal(ended);
  auto state = engine_.Inspect(call, container);
  if (!state)
    throw sdk::Error(NS_E_NOT_FOUND, NS_REASON_BACKEND_UNAVAILABLE,
                     "the container of the phase was removed by somebody else",
                     sdk::Fault::kPlatform);
  return *std::move(state);
}

void PhaseDocker::CreateVolume(const sdk::Call& call, const std::string& name,
                               const docker::Labels& labels) {
  http::Request request = RequestTo("POST", "/volumes/create");
  request.body = json::serialize(json::object{{"Name", name}, {"Labels", Object(labels)}});
  Ask(call, std::move(request));
}

void PhaseDocker::RemoveVolume(const sdk::Call& call, const std::string& name) {
  const http::Response response = http_.Do(call, RequestTo("DELETE", "/volumes/" + Escaped(name)));
  if (!response.ok() && response.status != 404 && response.status != 409) throw Refusal(response);
}

std::vector<VolumeFacts> PhaseDocker::Volumes(const sdk::Call& call, const docker::Labels& labels) {
  return ParseVolumes(Ask(call, RequestTo("GET", "/volumes?filters=" + LabelFilters(labels))).body);
}

std::vector<VolumeFacts> PhaseDocker::VolumeSizes(const sdk::Call& call) {
  http::Request request = RequestTo("GET", "/system/df?type=volume");
  request.timeout = std::chrono::minutes(10);
  return ParseVolumes(Ask(call, std::move(request)).body);
}

}  // namespace ns::engine_docker
