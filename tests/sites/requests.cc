#include "requests.h"

#include "site_tree.h"

namespace ns::sites {
namespace {

using Headers = std::vector<std::string>;
using Answers = std::map<std::string, std::string>;

const std::string kHtml = "text/html; charset=utf-8", kText = "text/plain; charset=utf-8",
                  kScript = "text/javascript; charset=utf-8", kBinary = "application/octet-stream";

// Collects expectations of one site.
class List {
 public:
  List(std::vector<Expected>& all, std::string app) : all_(all), app_(std::move(app)) {}

  Expected& Add(const std::string& target, int status, const std::string& body, Answers answer = {},
                Headers headers = {}) {
    all_.push_back(
        {app_, kFirst, "GET", target, std::move(headers), status, std::move(answer), body});
    return all_.back();
  }
  // A file of kPlain.
  Expected& File(const std::string& target, const std::string& name, const std::string& type,
                 Answers more = {}, Headers headers = {}) {
    more["content-type"] = type;
    more.emplace("content-encoding", "");
    more["last-modified"] = kModified;
    return Add(target, 200, PlainFiles().at(name), std::move(more), std::move(headers));
  }
  Expected& Missing(const std::string& target) {
    return Add(target, 404, PlainFiles().at("404.html"),
               {{"content-type", kHtml}, {"content-encoding", ""}});
  }
  Expected& Folder(const std::string& target, const std::string& location) {
    Expected& added = Add(target, 301, "", {{"location", location}});
    added.any_body = true;
    return added;
  }

 private:
  std::vector<Expected>& all_;
  const std::string app_;
};

void AddPaths(List list) {
  list.File("/", "index.html", kHtml);
  list.File("/?q=/../x", "index.html", kHtml);
  list.File("/index.html", "index.html", kHtml);
  list.File("/about", "about.html", kHtml);
  list.File("/about?a=b", "about.html", kHtml);
  list.File("/about.html", "about.html", kHtml);
  list.File("/404", "404.html", kHtml);
  list.File("/404.html", "404.html", kHtml);
  list.File("/docs/", "docs/index.html", kHtml);
  list.File("/docs/index.html", "docs/index.html", kHtml);
  list.File("/docs/index", "docs/index.html", kHtml);
  list.File("/docs/guide", "docs/guide.html", kHtml);
  list.File("/both", "both.html", kHtml);
  list.File("/both/", "both/index.html", kHtml);
  list.File("//evil.example/%2e%2e", "index.html", kHtml).otherwise = {{"caddy", 404}};
  list.Add("/%", 400, "").any_body = true;
  list.Folder("/docs", "/docs/");
  list.Folder("/docs?a=b&c", "/docs/?a=b&c");
  list.Folder("/with%20space", "/with%20space/");
  list.Folder("//docs", "/docs/");
  list.Folder("///docs", "/docs/");
  list.Folder("/empty/../docs", "/docs/").otherwise = {{"caddy", 301}};
  for (const char* target :
       {"/nothing", "/nothing/", "/nothing.html", "/docs/nothing", "/docs.html", "/empty",
        "/empty/", "/about/", "/about.html/", "/both/nothing", "/index.html/x", "/Docs/", "/ABOUT",
        "/about.htm", "/only.txt", "//evil.example", "/with+space"})
    list.Missing(target);
}

void AddNames(List list) {
  list.File("/with%20space/", "with space/index.html", kHtml);
  list.File("/with%20space.txt", "with space.txt", kText);
  list.File("/%C3%BCmlaut.txt", "\xc3\xbcmlaut.txt", kText);
  list.File("/%c3%bcmlaut.txt", "\xc3\xbcmlaut.txt", kText);
  list.File("/100%25.txt", "100%.txt", kText);
  list.File("/a+b.txt", "a+b.txt", kText);
  list.File("/a%2Bb.txt", "a+b.txt", kText);
  list.File("/semi;colon.txt", "semi;colon.txt", kText);
  list.File("/it's.txt", "it's.txt", kText);
  list.File("/a&b=c.txt", "a&b=c.txt", kText);
  list.File("/dollar$1.txt", "dollar$1.txt", kText);
  list.File("/%7Benv.HOME%7D.txt", "{env.HOME}.txt", kText);
  list.File("/{env.HOME}.txt", "{env.HOME}.txt", kText);
  list.File("/brace%7D.txt", "brace}.txt", kText);
  list.File("/back%5Cslash.txt", "back\\slash.txt", kText);
  list.File("/at@root@.txt", "at@root@.txt", kText);
  list.File("/hash%23.txt", "hash#.txt", kText);
  list.File("/what%3F.txt", "what?.txt", kText).otherwise = {{"httpd", 404}};
  list.File("/%61bout", "about.html", kHtml);
  list.File("/docs%2Fguide", "docs/guide.html", kHtml);
  list.File("/zero.txt", "zero.txt", kText);
}

void AddEscapes(List list) {
  list.File("/docs/../about", "about.html", kHtml);
  list.File("/docs/./guide", "docs/guide.html", kHtml);
  list.File("/docs/%2e%2e/about", "about.html", kHtml);
  for (const char* target : {"/leakdir/", "/docs/..%5c..%5coutside.txt", "/....//x"})
    list.Missing(target);
  for (const char* target : {"/leak.txt", "/leak"})
    list.Missing(target).otherwise = {{"caddy", 200}};
  for (const char* target : {"/leakdir/passwd", "/neighbour/", "/neighbour/about.html"})
    list.Missing(target).otherwise = {{"httpd", 403}, {"caddy", 200}};
  for (const char* target :
       {"/../outside.txt", "/../../outside.txt", "/..%2f..%2foutside.txt", "/%2e%2e/outside.txt",
        "/docs/../../outside.txt", "/docs/..%2f..%2f..%2foutside.txt"}) {
    Expected& row = list.Missing(target);
    row.otherwise = {{"nginx", 400}};
    if (row.target.find("%2f") == std::string::npos) row.otherwise["httpd"] = 400;
  }
  list.Missing("/about%00.html").otherwise = {{"nginx", 400}};
}

void AddDots(List list) {
  for (const char* target : {"/.hidden", "/.git/config", "/.git/", "/.git", "/docs/.secret",
                             "/%2ehidden", "/.well-known/.inner", "/docs/..hidden", "/.html"})
    list.Missing(target);
  list.File("/.well-known/security.txt", ".well-known/security.txt", kText);
  list.Missing("/.well-known/nothing");
  list.Missing("/.well-knownx");
}

void AddTypes(List list) {
  const std::map<std::string, std::string> types = {{"t.mjs", kScript},
                                                    {"t.wasm", "application/wasm"},
                                                    {"t.webmanifest", "application/manifest+json"},
                                                    {"t.avif", "image/avif"},
                                                    {"t.woff2", "font/woff2"},
                                                    {"t.svg", "image/svg+xml"},
                                                    {"t.png", "image/png"},
                                                    {"t.jpg", "image/jpeg"},
                                                    {"t.gif", "image/gif"},
                                                    {"t.webp", "image/webp"},
                                                    {"t.ico", "image/x-icon"},
                                                    {"t.xml", "application/xml"},
                                                    {"t.txt", kText},
                                                    {"t.pdf", "application/pdf"},
                                                    {"t.mp4", "video/mp4"},
                                                    {"t.webm", "video/webm"},
                                                    {"t.mp3", "audio/mpeg"},
                                                    {"t.ttf", "font/ttf"},
                                                    {"t.map", "application/json"},
                                                    {"t.zip", "application/zip"},
                                                    {"t.glb", "model/gltf-binary"},
                                                    {"t.strange", kBinary},
                                                    {"data.json", "application/json"},
                                                    {"noext", kBinary},
                                                    {"UPPER.HTML", kHtml},
                                                    {"weird.html.bak", kBinary},
                                                    {"big.bin", kBinary},
                                                    {"archive.tar.gz", "application/gzip"},
                                                    {"x.js.gz", "application/gzip"},
                                                    {"Build/g.data.unityweb", kBinary},
                                                    {"Build/g.loader.js", kScript}};
  for (const auto& [name, type] : types) list.File("/" + name, name, type);
  const auto encoded = [&](const std::string& name, const std::string& type,
                           const std::string& encoding) {
    list.File("/" + name, name, type, {{"content-encoding", encoding}});
    list.File("/" + name, name, type, {{"content-encoding", encoding}},
              {"Accept-Encoding: gzip, br"});
  };
  encoded("Build/g.wasm.gz", "application/wasm", "gzip");
  encoded("Build/g.wasm.br", "application/wasm", "br");
  encoded("Build/g.framework.js.br", kScript, "br");
  encoded("Build/g.data.gz", kBinary, "gzip");
  encoded("Build/g.symbols.json.br", "application/json", "br");
}

void AddEncodings(List list) {
  const auto asked = [&](const std::string& target, const std::string& accepted,
                         const std::string& name, const std::string& type,
                         const std::string& encoding) {
    list.File(target, name, type, {{"content-encoding", encoding}},
              {"Accept-Encoding: " + accepted});
  };
  asked("/app.js", "br", "app.js.br", kScript, "br");
  asked("/app.js", "gzip", "app.js.gz", kScript, "gzip");
  asked("/app.js", "gzip, deflate, br", "app.js.br", kScript, "br");
  asked("/app.js", "gzip, deflate, br, zstd", "app.js.br", kScript, "br");
  asked("/app.js", "br;q=0.5", "app.js.br", kScript, "br");
  asked("/app.js", "BR", "app.js.br", kScript, "br");
  asked("/app.js", "br;q=0, gzip", "app.js.gz", kScript, "gzip");
  asked("/app.js", "br;q=0, gzip;q=0", "app.js", kScript, "");
  asked("/app.js", "identity", "app.js", kScript, "");
  asked("/app.js", "xbr, gzipx", "app.js", kScript, "");
  asked("/app.js", "deflate, zstd", "app.js", kScript, "");
  asked("/style.css", "gzip, br", "style.css.gz", "text/css; charset=utf-8", "gzip");
  asked("/style.css", "br", "style.css", "text/css; charset=utf-8", "");
  asked("/page", "br", "page.html.br", kHtml, "br");
  asked("/page.html", "br, gzip", "page.html.br", kHtml, "br");
  asked("/docs/", "gzip", "docs/index.html.gz", kHtml, "gzip");
  asked("/about", "gzip, br", "about.html", kHtml, "");
  // Its sibling is a link out of the site.
  list.File("/ten.txt", "ten.txt", kText, {}, {"Accept-Encoding: gzip"}).otherwise = {
      {"caddy", 200}};
}

void AddRanges(List list) {
  const auto part = [&](const std::string& range, const std::string& body,
                        const std::string& content_range) -> Expected& {
    return list.Add("/ten.txt", 206, body,
                    {{"content-range", content_range}, {"content-type", kText}},
                    {"Range: bytes=" + range});
  };
  part("0-0", "0", "bytes 0-0/10");
  part("2-5", "2345", "bytes 2-5/10");
  part("7-", "789", "bytes 7-9/10");
  part("-3", "789", "bytes 7-9/10");
  part("8-100", "89", "bytes 8-9/10");
  part("1-2", "12", "bytes 1-2/10").headers.push_back("If-Range: {etag:/ten.txt}");
  part("1-2", "12", "bytes 1-2/10").headers.push_back(std::string("If-Range: ") + kModified);
  list.File("/ten.txt", "ten.txt", kText, {{"content-range", ""}},
            {"Range: bytes=1-2", "If-Range: \"other\""});
  list.File("/ten.txt", "ten.txt", kText, {{"content-range", ""}},
            {"Range: bytes=1-2", "If-Range: Thu, 01 Jan 1998 00:00:00 GMT"});
  list.File("/ten.txt", "ten.txt", kText, {{"content-range", ""}}, {"Range: bytes=0-1,4-5"});
  list.File("/ten.txt", "ten.txt", kText, {{"content-range", ""}}, {"Range: lines=0-1"});
  Expected& beyond =
      list.Add("/ten.txt", 416, "", {{"content-range", "bytes */10"}}, {"Range: bytes=10-"});
  beyond.any_body = true;
  beyond.otherwise = {{"httpd", 416}};  // it does not tell the size
  list.Add("/app.js", 206, PlainFiles().at("app.js.gz").substr(0, 4),
           {{"content-encoding", "gzip"}}, {"Range: bytes=0-3", "Accept-Encoding: gzip"})
      .otherwise = {{"nginx", 200}};
  list.Add("/app.js", 206, PlainFiles().at("app.js.br").substr(0, 4), {{"content-encoding", "br"}},
           {"Range: bytes=0-3", "Accept-Encoding: br"});
}

void AddConditions(List list) {
  const auto unchanged = [&](const std::string& target, Headers headers) {
    list.Add(target, 304, "", {{"content-length", ""}}, std::move(headers));
  };
  unchanged("/about", {"If-None-Match: {etag:/about}"});
  unchanged("/about", {"If-None-Match: \"x\", {etag:/about}"});
  unchanged("/about", {"If-None-Match: W/{etag:/about}"});
  unchanged("/about", {"If-None-Match: *"});
  unchanged("/about", {std::string("If-Modified-Since: ") + kModified});
  unchanged("/docs/", {"If-None-Match: {etag:/docs/}"});
  list.File("/about", "about.html", kHtml, {}, {"If-None-Match: \"other\""});
  list.File("/about", "about.html", kHtml, {}, {"If-None-Match: {etag:/ten.txt}"});
  list.File("/about", "about.html", kHtml, {},
            {"If-Modified-Since: Thu, 01 Jan 1998 00:00:00 GMT"});
  list.File("/about", "about.html", kHtml, {},
            {"If-None-Match: \"other\"", std::string("If-Modified-Since: ") + kModified});
  list.Missing("/nothing").headers = {"If-None-Match: *"};
}

void AddMethods(List list) {
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "TRACE"}) {
    Expected& row = list.Add("/about", 405, "405 Method Not Allowed\n",
                             {{"allow", "GET, HEAD"}, {"content-type", kText}});
    row.method = method;
  }
  Expected& row = list.Add("/nothing", 405, "405 Method Not Allowed\n", {{"allow", "GET, HEAD"}},
                           {"Content-Length: 0"});
  row.method = "POST";
}

void AddSpa(List list) {
  const auto page = [&](const char* target) {
    list.Add(target, 200, "the application\n", {{"content-type", kHtml}, {"location", ""}});
  };
  for (const char* target :
       {"/", "/index.html", "/index", "/users/7", "/users/7/", "/assets", "/assets/",
        "/assets/none.js", "/404", "/404.html", "/a.b/c", "/about/"})
    page(target);
  for (const char* target : {"/", "/users/7", "/users/7/"})
    list.Add(target, 200, "the application, packed\n",
             {{"content-type", kHtml}, {"content-encoding", "br"}}, {"Accept-Encoding: gzip, br"});
  list.Add("/.br/index.html", 404, "404 Not Found\n", {}, {"Accept-Encoding: br"});
  list.Add("/about", 200, "about\n", {{"content-type", kHtml}}, {"Accept-Encoding: br"});
  list.Add("/about", 200, "about\n", {{"content-type", kHtml}});
  list.Add("/assets/app.js", 200, "code\n", {{"content-type", kScript}});
  list.Add("/docs/", 200, "docs\n", {{"content-type", kHtml}});
  list.Folder("/docs", "/docs/");
  list.Add("/.env", 404, "404 Not Found\n", {{"content-type", kText}});
  list.Add("/.none", 404, "404 Not Found\n", {{"content-type", kText}});
}

void AddBare(List list) {
  for (const char* target : {"/", "/nothing", "/img", "/img/", "/404.html"})
    list.Add(target, 404, "404 Not Found\n", {{"content-type", kText}, {"location", ""}});
  list.Add("/about", 200, "about\n", {{"content-type", kHtml}});
}

// Releases, and what is none.
void AddSites(std::vector<Expected>& all) {
  List list(all, kPlain);
  list.Add("/", 200, "second\n").release = kSecond;
  list.Add("/app.js", 200, "second app\n").release = kSecond;
  list.Add("/about", 404, "404 Not Found\n", {{"content-type", kText}}).release = kSecond;
  for (const std::string release :
       {"", "bbbbbbbbbbbbbbbbbbbb09", ".", "..", "../aaaaaaaaaaaaaaaaaaaa01",
        "BBBBBBBBBBBBBBBBBBBB01", "bbbbbbbbbbbbbbbbbbbb01/docs", "bbbbbbbbbbbbbbbbbbbb01 x", "b*",
        "${x}"})
    list.Add("/", 404, "404 Not Found\n", {{"content-type", kText}}).release = release;
  for (const std::string app :
       {"", "aaaaaaaaaaaaaaaaaaaa09", "..", ".", "artifacts", "a/b", "%2e%2e"}) {
    Expected& row = list.Add("/about", 404, "404 Not Found\n", {{"content-type", kText}});
    row.app = app;
  }
}

}  // namespace

std::string Expected::Name() const {
  std::string name = method + " " + target + " of " + app + "/" + release;
  for (const std::string& header : headers) name += ", " + header;
  return name;
}

std::vector<Expected> Requests() {
  std::vector<Expected> all;
  const List plain(all, kPlain);
  for (const auto add : {AddPaths, AddNames, AddEscapes, AddDots, AddTypes, AddEncodings, AddRanges,
                         AddConditions, AddMethods})
    add(plain);
  AddSpa(List(all, kSpa));
  AddBare(List(all, kBare));
  AddSites(all);
  return all;
}

}  // namespace ns::sites
