#include "api/raw.h"

#include "api/alive.h"

namespace ns::api {
namespace {

constexpr std::string_view kWebhooks = "/api/webhook/";
constexpr int64_t kMaxWebhook = 1 << 20;
constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";

RawAnswer Text(int status, std::string body) {
  return {status, "text/plain; charset=utf-8", std::move(body) + "\n"};
}

// Ready: the database answers, and no plugin that is required fails anywhere.
RawAnswer AnswerReady(const Context& context) {
  const auto hosts = context.store().hosts.List(kAlive);
  if (!hosts.ok()) return Text(503, "not ready: the database does not answer");
  for (const model::Host& host : *hosts) {
    for (const model::PluginState& plugin : host.plugins) {
      if (plugin.required && !plugin.healthy) {
        return Text(503, "not ready: the plugin \"" + plugin.instance + "\" of " + host.name +
                             " is required and fails");
      }
    }
  }
  return Text(200, "ready");
}

}  // namespace

std::vector<RawEntry> AllRawEntries() {
  return {{std::string(kWebhooks), false, true, kMaxWebhook},
          {"/healthz", true, false, 0, true},
          {"/readyz", true, false, 0, true},
          {"/metrics", true, false, 0, true}};
}

RawAnswer AnswerRaw(const Context& context, const ports::Call&, const RawRequest& request) {
  if (request.path.starts_with(kWebhooks)) {
    if (request.http_method != "POST") return Text(405, "a webhook is a POST");
    if (static_cast<int64_t>(request.body.size()) > kMaxWebhook)
      return Text(413, "a webhook has at most 1 MiB");
    return AnswerWebhook(context, request);
  }
  if (request.http_method != "GET" && request.http_method != "HEAD")
    return Text(405, "this is a GET");
  if (request.path == "/healthz") return Text(200, "ok");
  if (request.path == "/readyz") return AnswerReady(context);
  if (request.path == "/metrics") {
    std::string text = context.parts.metrics();
    if (!text.empty()) return {200, kMetricsType, std::move(text)};
  }
  return Text(404, "there is nothing here");
}

}  // namespace ns::api
