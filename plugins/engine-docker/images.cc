#include "images.h"

#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <utility>

#include "docker/json.h"
#include "engine/failure.h"

namespace ns::engine_docker {
namespace {

namespace json = boost::json;

constexpr const char* kNobody =
    "e30=";  // {} in base64: dockerd wants the header also where nobody logs in

sdk::Error EngineLost(const std::string& what) {
  return sdk::Error(NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE,
                    "The Docker daemon was lost: " + what + "; `ns doctor` tells more.",
                    sdk::Fault::kPlatform);
}

std::string TextAt(const json::object& from, const char* name) {
  const json::value* value = from.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : "";
}

// What dockerd says line by line while it pushes.
class PushReader {
 public:
  PushReader(const std::string& reference, const std::function<void(std::string_view)>& log)
      : reference_(reference), log_(log) {}

  void Take(std::string_view bytes) {
    for (const char c : bytes) {
      if (c == '\n') {
        Line(std::exchange(rest_, {}));
      } else {
        rest_ += c;
      }
    }
  }
  sdk::EngineResult Finish() {
    if (!rest_.empty()) Line(std::exchange(rest_, {}));
    if (result_.digest.empty())
      throw engine::PushFailure(reference_, "dockerd ended the push without a digest");
    return result_;
  }

 private:
  void Line(const std::string& line) {
    json::error_code error;
    const json::value value = json::parse(line, error);
    if (error || !value.is_object()) return;
    const json::object& from = value.get_object();
    if (const std::string failure = TextAt(from, "error"); !failure.empty())
      throw engine::PushFailure(reference_, failure);
    if (const json::value* aux = from.if_contains("aux"); aux && aux->is_object())
      result_.digest = TextAt(aux->get_object(), "Digest");
    const std::string status = TextAt(from, "status"), id = TextAt(from, "id");
    if (status == "Pushed" || status == "Layer already exists")
      log_("#push " + id + " " + status + "\n");
  }

  const std::string reference_;
  const std::function<void(std::string_view)>& log_;
  std::string rest_;
  sdk::EngineResult result_;
};

struct Reference {
  std::string name, tag;
};
Reference Split(const std::string& reference) {
  const size_t colon = reference.rfind(':');
  if (colon == std::string::npos || reference.find('/', colon) != std::string::npos)
    return {reference, "latest"};
  return {reference.substr(0, colon), reference.substr(colon + 1)};
}

bool Tagged(const docker::Image& image, const std::string& reference) {
  return std::find(image.tags.begin(), image.tags.end(), reference) != image.tags.end();
}

}  // namespace

http::Response Images::Ask(const sdk::Call& call, const std::string& method,
                           const std::string& path, int seconds) {
  http::Request request;
  request.method = method;
  request.url = "http://docker" + path;
  request.unix_socket = socket_;
  request.timeout = std::chrono::seconds(seconds);
  return http_.Do(call, request);
}

bool Images::Answers(const sdk::Call& call) {
  try {
    return Ask(call, "GET", "/_ping", 5).ok();
  } catch (const sdk::Error&) {
    return false;
  }
}

std::string Images::DataRoot(const sdk::Call& call) {
  try {
    json::error_code error;
    const json::value value = json::parse(Ask(call, "GET", "/info").body, error);
    return error || !value.is_object() ? "" : TextAt(value.get_object(), "DockerRootDir");
  } catch (const sdk::Error&) {
    call.Check();
    return "";
  }
}

sdk::EngineResult Images::Push(const sdk::Call& call, const sdk::EngineJob& job,
                               const std::function<void(std::string_view)>& log,
                               const std::vector<http::Watched>& watched) {
  const auto [name, tag] = Split(job.reference);
  http::Request request;
  request.method = "POST";
  request.url = "http://docker/images/" + name + "/push?tag=" + http::Escaped(tag);
  request.unix_socket = socket_;
  const std::string auth =
      docker::RenderAuth(job.push_username, job.push_password, name.substr(0, name.find('/')));
  request.headers.emplace_back("X-Registry-Auth", auth.empty() ? kNobody : auth);
  PushReader reader(job.reference, log);
  http::Response response;
  try {
    response = http_.Stream(
        call, request, [&reader](std::string_view bytes) { reader.Take(bytes); }, watched);
  } catch (const sdk::Stopped&) {
    throw;
  } catch (const sdk::Error& error) {
    if (error.reason() == NS_REASON_REGISTRY_UNAVAILABLE || error.reason() == NS_REASON_TIMED_OUT)
      throw;
    call.Check();
    throw EngineLost(error.message());
  }
  if (!response.ok()) throw engine::PushFailure(job.reference, docker::ParseMessage(response.body));
  sdk::EngineResult result = reader.Finish();
  result.size = Size(call, job.reference);
  return result;
}

int64_t Images::Size(const sdk::Call& call, const std::string& reference) {
  json::error_code error;
  const json::value value =
      json::parse(Ask(call, "GET", "/images/" + reference + "/json").body, error);
  const json::value* size =
      !error && value.is_object() ? value.get_object().if_contains("Size") : nullptr;
  return size && size->is_int64() ? size->get_int64() : 0;
}

void Images::Forget(const sdk::Call& call, const std::string& reference) {
  Ask(call, "DELETE", "/images/" + reference);
}

void Images::ForgetBuild(const sdk::Call& call, const std::string& installation,
                         const std::string& build) {
  const docker::Labels labels{{"neoshowcase.installation", installation},
                              {"neoshowcase.build", build}};
  for (const docker::Image& image : engine_.Images(call, labels)) ForgetAll(call, image);
}

void Images::ForgetAll(const sdk::Call& call, const docker::Image& image) {
  bool named = false;
  for (const std::string& tag : image.tags) {
    if (tag.starts_with("<none>")) continue;
    Forget(call, tag);
    named = true;
  }
  if (!named) Forget(call, image.id);
}

// Lists of dockerd know the second at which an image was made; builds of one application may end
// within one.
std::vector<docker::Image> Images::LastTaggedFirst(const sdk::Call& call,
                                                   std::vector<docker::Image> images) {
  std::vector<std::pair<docker::UtcTime, docker::Image>> dated;
  for (docker::Image& image : images)
    dated.emplace_back(engine_.Tagged(call, image.id).value_or(docker::UtcTime()),
                       std::move(image));
  std::ranges::stable_sort(dated, std::greater(), [](const auto& one) { return one.first; });
  images.clear();
  for (auto& [tagged, image] : dated) images.push_back(std::move(image));
  return images;
}

// dockerd refuses to remove an image that a container uses, which is what is wanted.
void Images::ForgetOlder(const sdk::Call& call, const std::string& installation,
                         const sdk::EngineJob& job, size_t keep) {
  const docker::Labels labels{{"neoshowcase.installation", installation},
                              {"neoshowcase.app", job.app}};
  auto images = engine_.Images(call, labels);
  std::erase_if(images, [&](const docker::Image& image) { return Tagged(image, job.reference); });
  if (images.size() <= keep) return;
  images = LastTaggedFirst(call, std::move(images));
  for (size_t i = keep; i < images.size(); ++i) ForgetAll(call, images[i]);
}

void Images::BoundCache(const sdk::Call& call, int64_t bytes) {
  Ask(call, "POST", "/build/prune?keep-storage=" + std::to_string(bytes), 600);
}

}  // namespace ns::engine_docker
