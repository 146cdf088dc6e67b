#include "supervise/page.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/ascii.h"

namespace ns::supervise {
namespace {

struct Page {
  std::string_view reason, title, text;
  int retry_after;  // seconds
};

constexpr std::array kPages = {
    Page{"stopped", "This application is stopped",
         "Its owner has stopped it. It answers again once it is started.", 60},
    Page{"asleep", "This application is asleep",
         "It wakes up now; this page tries again by itself.", 5},
    Page{"starting", "This application is starting",
         "Its first release starts; this page tries again by itself.", 5},
    Page{"building", "This application is being built",
         "Its first release is on the way; this page tries again by itself.", 10},
    Page{"failing", "This application does not run",
         "Its release could not be started. Its owner sees why in the status of the application.",
         30},
    Page{"unavailable", "This application does not answer", "Try again in a moment.", 10},
};

const Page& PageFor(std::string_view reason) {
  const auto found = std::find_if(kPages.begin(), kPages.end(),
                                  [&](const Page& page) { return page.reason == reason; });
  return found == kPages.end() ? kPages.back() : *found;
}

std::string_view Trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  return begin == std::string_view::npos
             ? ""
             : text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// Letters, digits and "-" only: what is written into a page needs no escaping.
std::string Plain(std::string_view text) {
  std::string plain;
  for (const char c : text.substr(0, 64)) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-') plain += c;
  }
  return plain;
}

bool PrefersJson(const std::string& accept) {
  const size_t json = accept.find("application/json"), html = accept.find("text/html");
  return json != std::string::npos && (html == std::string::npos || json < html);
}

std::string Html(const Page& page, const std::string& app) {
  const bool passing = page.reason != "stopped" && page.reason != "failing";
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\">";
  if (passing)
    html += "<meta http-equiv=\"refresh\" content=\"" + std::to_string(page.retry_after) + "\">";
  html += "<title>" + std::string(page.title) +
          "</title>\n<style>body{font:16px/1.5 system-ui,sans-serif;max-width:34em;margin:20vh "
          "auto;padding:0 1em;"
          "color:#222;background:#fafafa}small{color:#777}@media(prefers-color-scheme:dark){body{"
          "color:#ddd;background:#181818}}</style></head>\n";
  html += "<body><h1>" + std::string(page.title) + "</h1><p>" + std::string(page.text) + "</p>";
  if (!app.empty()) html += "<p><small>" + app + "</small></p>";
  return html + "</body></html>\n";
}

std::string Json(const Page& page, const std::string& app) {
  return "{\"error\":\"" + std::string(page.reason) + "\",\"message\":\"" +
         std::string(page.title) + ". " + std::string(page.text) + "\",\"application\":\"" + app +
         "\"}\n";
}

}  // namespace

PageRequest ParsePageRequest(std::string_view head) {
  PageRequest request;
  request.head = head.starts_with("HEAD ");
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(std::min(line.size() + 1, head.size()));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string name = Lowered(line.substr(0, colon));
    const std::string_view value = Trim(line.substr(colon + 1));
    if (name == "x-ns-page") request.reason = Lowered(value);
    if (name == "x-ns-app") request.app = Plain(value);
    if (name == "accept") request.json = PrefersJson(Lowered(value));
  }
  return request;
}

std::string PageAnswer(const PageRequest& request) {
  const Page& page = PageFor(request.reason);
  const std::string body = request.json ? Json(page, request.app) : Html(page, request.app);
  std::string answer = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: ";
  answer += request.json ? "application/json" : "text/html; charset=utf-8";
  answer += "\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\nRetry-After: " + std::to_string(page.retry_after);
  answer += "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
  return request.head ? answer : answer + body;
}

}  // namespace ns::supervise
