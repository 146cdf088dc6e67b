#include "caddy_text.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "site/mime.h"
#include "site/template_text.h"

namespace ns::site_caddy {
namespace {

namespace json = boost::json;
using json::array;
using json::object;
using json::value;

constexpr const char* kSite = "{http.vars.site}";
constexpr const char* kPath = "{http.request.uri.path}";
constexpr const char* kHeaders =
    "{http.request.header.X-Controller-App-Id}:{http.request.header.X-Controller-Release-Id}";
constexpr const char* kIds = "{http.regexp.ids.1}/{http.regexp.ids.2}";  // once the headers fit
constexpr const char* kPlainText = "text/plain; charset=utf-8";

object Handler(const char* name, object more) {
  object handler{{"handler", name}};
  for (auto& [key, member] : more) handler[key] = std::move(member);
  return handler;
}

// Each entry of `handlers` in turn, where `match` says so; empty: always.
object Route(object match, array handlers, bool last = false) {
  object route;
  if (!match.empty()) route["match"] = array{std::move(match)};
  route["handle"] = std::move(handlers);
  if (last) route["terminal"] = true;
  return route;
}

object Not(object match) { return {{"not", array{std::move(match)}}}; }

object SetHeaders(object headers) {
  for (auto& [name, text] : headers) text = array{text};
  return Handler("headers", {{"response", object{{"set", std::move(headers)}}}});
}

// Set when the head is written, so that the file server still tells the length.
object LateEncoding() {
  const object set{{"Content-Encoding", array{"{site_encoding}"}}};
  return Handler("headers", {{"response", object{{"set", set}, {"deferred", true}}}});
}

object Respond(int status, const char* text, object headers) {
  headers["Content-Type"] = kPlainText;
  for (auto& [name, member] : headers) member = array{member};
  return Handler("static_response",
                 {{"status_code", status}, {"headers", std::move(headers)}, {"body", text}});
}

object Missing() { return Handler("error", {{"status_code", 404}}); }

// A file of the site, or of another folder.
object File(const std::string& path, const std::string& root = kSite) {
  return {{"file", object{{"root", root}, {"try_files", array{path}}}}};
}
object And(object a, object b) {
  for (auto& [key, member] : b) a[key] = std::move(member);
  return a;
}
object Ends(bool with_slash) {
  object slash{{"path", array{"*/"}}};
  return with_slash ? slash : Not(std::move(slash));
}

object Replace(const char* find, const char* with) {
  return Handler("rewrite", {{"path_regexp", array{object{{"find", find}, {"replace", with}}}}});
}

// `destination` becomes what `source` stands for.
object Map(const char* source, const char* destination, array mappings, const char* otherwise) {
  return Handler("map", {{"source", source},
                         {"destinations", array{destination}},
                         {"mappings", std::move(mappings)},
                         {"defaults", array{otherwise}}});
}
object Mapping(std::string input, std::string_view output) {
  return {{"input", std::move(input)}, {"outputs", array{output}}};
}

array TypesOfEncoded() {
  array mappings;
  for (const site::MimeType& type : site::EncodedByName())
    mappings.push_back(Mapping(std::string(type.ending), type.type));
  return mappings;
}

// Endings in lower or upper case; Caddy compares by bytes.
array Types() {
  array mappings;
  for (const site::MimeType& type : site::MimeTypes()) {
    std::string upper(type.ending);
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    mappings.push_back(Mapping(std::string(type.ending), type.type));
    if (upper != type.ending) mappings.push_back(Mapping(upper, type.type));
  }
  return mappings;
}

object MatchPath(const char* name, const std::string& pattern) {
  return {{"path_regexp", object{{"name", name}, {"pattern", pattern}}}};
}

object Grouped(object route) {
  route["group"] = "type";
  return route;
}

// Gives out a file of the site or one of its encoded siblings. Without a file: the next route's
// turn, where there shall be one.
object Files(bool pass) {
  object files =
      Handler("file_server", {{"root", kSite},
                              {"canonical_uris", false},
                              {"precompressed", object{{"br", object{}}, {"gzip", object{}}}},
                              {"precompressed_order", array{"br", "gzip"}}});
  if (!pass) return files;
  files["pass_thru"] = true;
  files["index_names"] = array{};
  return files;
}

// Gives out the file that the path names by now, with its type.
object Serve() {
  const std::string encoded = "\\.(" + site::EncodedNames() + ")\\.(br|gz)$";
  array routes;
  routes.push_back(Grouped(Route(
      MatchPath("encoded", encoded),
      {Map("{http.regexp.encoded.1}", "{site_type}", TypesOfEncoded(), "application/octet-stream"),
       Map("{http.regexp.encoded.2}", "{site_encoding}", {Mapping("gz", "gzip")}, "br"),
       SetHeaders({{"Content-Type", "{site_type}"}}), LateEncoding()})));
  routes.push_back(Grouped(
      Route(MatchPath("ending", "\\.([A-Za-z0-9]+)$"),
            {Map("{http.regexp.ending.1}", "{site_type}", Types(), "application/octet-stream"),
             SetHeaders({{"Content-Type", "{site_type}"}})})));
  routes.push_back(
      Grouped(Route({}, {SetHeaders({{"Content-Type", "application/octet-stream"}})})));
  routes.push_back(Route({}, {Files(false)}));
  return Handler("subroute", {{"routes", std::move(routes)}});
}

// What every answer has, whatever gives it.
object Everywhere() {
  return {{"set", object{{"Cache-Control", array{"no-cache"}}, {"Vary", array{"Accept-Encoding"}}}},
          {"deferred", true}};
}

// A placeholder joins the values of a header, where `header_regexp` is content with one of them:
// what is looked at and what is used must be the same text.
object IdsFit() {
  return {{"vars_regexp",
           object{{"ids",
                   object{{"name", "ids"}, {"pattern", "^([a-z0-9]{1,64}):([a-z0-9]{1,64})$"}}}}}};
}

object EnterSite(const sdk::SiteSettings& settings) {
  return Handler("vars", {{"site", settings.root + "/sites/" + kIds}});
}

// Most requests name a file with an ending: looked at once, before anything is asked that only
// others need. Where there is no such file, the routes that follow find out what to answer; a name
// that a map has given is not given anew.
object PlainFile(const sdk::SiteSettings& settings) {
  object match = And(IdsFit(), {{"method", array{"GET", "HEAD"}}});
  match =
      And(std::move(match), MatchPath("plain", "^(?:/+[^./][^/]*)*/+[^./][^/]*\\.([A-Za-z0-9]+)$"));
  match["not"] = array{object{{"header", object{{"Range", array{"*"}}}}},
                       MatchPath("packed", "\\.(?:br|gz)$")};
  return Route(
      std::move(match),
      {EnterSite(settings),
       Map("{http.regexp.plain.1}", "{plain_type}", Types(), "application/octet-stream"),
       SetHeaders({{"Cache-Control", "no-cache"}, {"Content-Type", "{plain_type}"}}), Files(true)});
}

// What stands in every answer, the one to a probe, and what is no request for a site.
void AddGuards(array& routes, const sdk::SiteSettings& settings, const std::string& mark) {
  routes.push_back(
      Route({}, {Handler("vars", {{"site", settings.data + "/run/none"}, {"ids", kHeaders}})}));
  routes.push_back(PlainFile(settings));
  routes.push_back(Route({}, {Handler("headers", {{"response", Everywhere()}})}));
  routes.push_back(Route(And({{"header", object{{"X-Controller-Probe", array{"*"}}}}},
                             Not({{"header", object{{"X-Controller-App-Id", array{"*"}}}}})),
                         {SetHeaders({{"X-Site-Mark", mark}})}));
  routes.push_back(Route(Not({{"method", array{"GET", "HEAD"}}}),
                         {Respond(405, "405 Method Not Allowed\n", {{"Allow", "GET, HEAD"}})},
                         true));
  routes.push_back(Route(Not(IdsFit()), {Missing()}, true));
  routes.push_back(Route({}, {EnterSite(settings)}));
  routes.push_back(
      Route(Not(MatchPath("dots", "^(?:/+(?:\\.well-known|[^./][^/]*)?)*$")), {Missing()}, true));
  // Several ranges at once, and ranges of something else, are answered with the whole file.
  routes.push_back(
      Route(And({{"header", object{{"Range", array{"*"}}}}},
                Not({{"header_regexp", object{{"Range", object{{"pattern", "^bytes=[^,]*$"}}}}}})),
            {Handler("headers", {{"request", object{{"delete", array{"Range"}}}}})}));
}

void AddFiles(array& routes, const sdk::SiteSettings& settings) {
  const std::string path = kPath;
  routes.push_back(Route(And(File(path), Ends(false)), {Serve()}, true));
  routes.push_back(
      Route(And(File(path + ".html"), Ends(false)), {Replace("$", ".html"), Serve()}, true));
  routes.push_back(Route(And(File(path + "index.html"), Ends(true)),
                         {Replace("$", "index.html"), Serve()}, true));
  routes.push_back(Route(
      And(File(path + "/index.html"), Ends(false)),
      {Replace("^/*(.*)$", "/$1/"), Respond(301, "", {{"Location", "{http.request.uri}"}})}, true));
  array application;
  application.push_back(
      Route(File("/index.html"), {Handler("rewrite", {{"uri", "/index.html"}}), Serve()}, true));
  application.push_back(Route({}, {Missing()}));
  routes.push_back(Route(File(kIds, settings.root + "/spa"),
                         {Handler("subroute", {{"routes", std::move(application)}})}, true));
  routes.push_back(Route({}, {Missing()}));
}

// Only 404 comes here. The page is given out whole, whatever part of the missing one was wanted.
array Errors() {
  const array conditions{"Range",         "If-Range",          "If-Match",
                         "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"};
  array routes;
  routes.push_back(Route({}, {Handler("headers", {{"request", object{{"delete", conditions}}},
                                                  {"response", Everywhere()}})}));
  routes.push_back(
      Route(File("/404.html"),
            {Handler("rewrite", {{"uri", "/404.html"}}),
             SetHeaders({{"Content-Type", "text/html; charset=utf-8"}}),
             Handler("file_server",
                     {{"root", kSite}, {"status_code", "404"}, {"canonical_uris", false}})},
            true));
  routes.push_back(Route({}, {Respond(404, "404 Not Found\n", {})}));
  return routes;
}

std::string Listen(const std::string& address) {
  return address.starts_with("unix:") ? "unix/" + address.substr(5) + "|0666" : "tcp4/" + address;
}

array ListenAll(const sdk::SiteSettings& settings) {
  if (settings.own.empty()) return {value(Listen(settings.listen))};
  array all{value(Listen(settings.own))};
  if (!settings.listen.empty()) all.push_back("fd/3");
  return all;
}

// The socket that is handed over goes by no address, and another one makes another configuration.
std::string NameOf(const sdk::SiteSettings& settings) {
  return settings.own.empty() || settings.listen.empty() ? "sites" : "sites " + settings.listen;
}

}  // namespace

std::string AdminSocketIn(const std::string& run) { return run + "/admin.sock"; }

std::string ConfigText(const sdk::SiteSettings& settings, const std::string& mark) {
  array routes;
  AddGuards(routes, settings, mark);
  AddFiles(routes, settings);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(settings.drain).count();
  const object server{{"listen", ListenAll(settings)},
                      {"protocols", array{"h1"}},
                      {"automatic_https", object{{"disable", true}}},
                      {"idle_timeout", "75s"},
                      {"routes", routes},
                      {"errors", object{{"routes", Errors()}}}};
  const object config{
      {"admin", object{{"listen", "unix/" + AdminSocketIn(settings.data + "/run")},
                       {"config", object{{"persist", false}}}}},
      {"logging", object{{"logs", object{{"default", object{{"level", "ERROR"}}}}}}},
      {"apps", object{{"http", object{{"grace_period", std::to_string(seconds) + "s"},
                                      {"servers", object{{NameOf(settings), server}}}}}}}};
  return json::serialize(config) + "\n";
}

}  // namespace ns::site_caddy
