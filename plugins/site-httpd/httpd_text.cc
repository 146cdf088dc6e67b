#include "httpd_text.h"

#include "site/mime.h"
#include "site/served_site.h"
#include "site/template_text.h"

namespace ns::site_httpd {
namespace {

constexpr const char* kModules = "/usr/lib/apache2/modules";

// @words@ stand for values that are checked paths, addresses and numbers. The error log goes by a
// pipe, since whom the server runs as may not open the file behind our standard error. The socket
// may be shared with other servers, so that no option of it is set.
constexpr const char* kHead = R"conf(ServerRoot @run@
DefaultRuntimeDir @run@
PidFile @run@/httpd.pid
Mutex posixsem
ErrorLog "|$exec /bin/cat >&2"
LogLevel crit
ServerName site
@listen@AcceptFilter http none
LoadModule mpm_event_module @modules@/mod_mpm_event.so
LoadModule authz_core_module @modules@/mod_authz_core.so
LoadModule alias_module @modules@/mod_alias.so
LoadModule dir_module @modules@/mod_dir.so
LoadModule headers_module @modules@/mod_headers.so
LoadModule mime_module @modules@/mod_mime.so
LoadModule rewrite_module @modules@/mod_rewrite.so
StartServers @workers@
ServerLimit 16
ThreadsPerChild 50
MaxRequestWorkers 400
GracefulShutdownTimeout @drain@
ServerTokens Prod
ServerSignature Off
TraceEnable off
KeepAlive On
KeepAliveTimeout 75
MaxKeepAliveRequests 0
AllowEncodedSlashes On
AcceptPathInfo Off
DirectoryIndex disabled
DirectorySlash Off
FileETag MTime Size
MaxRanges 1
EnableSendfile On
EnableMMAP Off
LimitRequestFieldSize 32768
TypesConfig /dev/null
DocumentRoot @root@/sites
<Directory "/">
  AllowOverride None
  Options FollowSymLinks
  Require all granted
</Directory>
<Directory "@root@/sites/*/*">
  Options None
</Directory>
Header onsuccess unset Vary
Header onsuccess set Content-Encoding "%{ENCODING}e" env=ENCODING
Header always set Vary Accept-Encoding
Header always set Cache-Control no-cache
Header always set Allow "GET, HEAD" "expr=%{REQUEST_STATUS} == 405"
Header always set X-Site-Mark "@mark@" "expr=-z req_novary('X-Controller-App-Id') && -n req_novary('X-Controller-Probe')"
RedirectRelative On
<If "-n reqenv('MOVED') && -n %{QUERY_STRING}">
  Redirect 301 "%{reqenv:MOVED}?%{QUERY_STRING}"
</If>
<If "-n reqenv('MOVED') && -z %{QUERY_STRING}">
  Redirect 301 "%{reqenv:MOVED}"
</If>
ErrorDocument 403 /
ErrorDocument 404 /
ErrorDocument 405 /
RewriteEngine On
)conf";

// Which site, and what to do after a refusal: error documents come here again.
constexpr const char* kSite =
    R"conf(RewriteCond "%{HTTP:X-Controller-App-Id}:%{HTTP:X-Controller-Release-Id}" "\A([a-z0-9]{1,64}):([a-z0-9]{1,64})\z" [NV]
RewriteRule ^ - [E=SITE:@root@/sites/%1/%2,E=SPA:@root@/spa/%1/%2]
RewriteCond "%{ENV:REDIRECT_STATUS}" ^405$
RewriteRule ^ "@folder@/405.txt" [END]
RewriteCond "%{ENV:REDIRECT_STATUS}" ^40[34]$
RewriteCond "%{ENV:SITE}" !^$
RewriteCond "%{ENV:SITE}/404.html" -f
RewriteCond "%{ENV:SITE}/404.html" !-l
RewriteRule ^ "%{ENV:SITE}/404.html" [END]
RewriteCond "%{ENV:REDIRECT_STATUS}" ^40[34]$
RewriteRule ^ "@folder@/404.txt" [END]
RewriteCond "%{REQUEST_METHOD}" !^(GET|HEAD)$
RewriteRule ^ - [R=405,L]
RewriteCond "%{ENV:SITE}" ^$
RewriteRule ^ - [R=404,L]
RewriteCond "%{REQUEST_URI}" "/\.(?!well-known(?:/|\z))|\?"
RewriteRule ^ - [R=404,L]
)conf";

// A link is none of the files of a site; one on the way to a file is refused by Options.
constexpr const char* kFile = R"conf(RewriteCond "%{REQUEST_URI}" !/$
RewriteCond "%{ENV:SITE}%{REQUEST_URI}" -f
RewriteCond "%{ENV:SITE}%{REQUEST_URI}" !-l
RewriteRule ^ - [E=FILE:%{ENV:SITE}%{REQUEST_URI},S=4]
RewriteCond "%{REQUEST_URI}" !/$
RewriteCond "%{ENV:SITE}%{REQUEST_URI}.html" -f
RewriteCond "%{ENV:SITE}%{REQUEST_URI}.html" !-l
RewriteRule ^ - [E=FILE:%{ENV:SITE}%{REQUEST_URI}.html,S=3]
RewriteCond "%{REQUEST_URI}" /$
RewriteCond "%{ENV:SITE}%{REQUEST_URI}index.html" -f
RewriteCond "%{ENV:SITE}%{REQUEST_URI}index.html" !-l
RewriteRule ^ - [E=FILE:%{ENV:SITE}%{REQUEST_URI}index.html,S=2]
RewriteCond "%{REQUEST_URI}" !/$
RewriteCond "%{ENV:SITE}%{REQUEST_URI}/index.html" -f
RewriteCond "%{ENV:SITE}%{REQUEST_URI}/index.html" !-l
RewriteRule ^ - [E=MOVED:%{REQUEST_URI}/,END]
RewriteCond "%{ENV:SPA}" -f
RewriteCond "%{ENV:SITE}/index.html" -f
RewriteCond "%{ENV:SITE}/index.html" !-l
RewriteRule ^ - [E=FILE:%{ENV:SITE}/index.html]
RewriteCond "%{ENV:FILE}" ^$
RewriteRule ^ - [R=404,L]
RewriteCond "%{ENV:FILE}" "\.(?:@encoded@)\.br$"
RewriteRule ^ "%{ENV:FILE}" [END,E=ENCODING:br]
RewriteCond "%{ENV:FILE}" "\.(?:@encoded@)\.gz$"
RewriteRule ^ "%{ENV:FILE}" [END,E=ENCODING:gzip]
)conf";

constexpr const char* kSibling =
    R"conf(RewriteCond "%{HTTP:Accept-Encoding}" "(?:^|,)[ \t]*@name@[ \t]*(?:;[ \t]*q=(?!0(?:\.0*)?[ \t]*(?:,|$))[^,]*)?(?:,|$)" [NC,NV]
RewriteCond "%{ENV:FILE}.@ending@" -f
RewriteCond "%{ENV:FILE}.@ending@" !-l
RewriteRule ^ "%{ENV:FILE}.@ending@" [END,E=ENCODING:@name@]
)conf";

// The last ending alone decides, as elsewhere.
constexpr const char* kTail = R"conf(RewriteCond "%{ENV:FILE}" "\.gz$" [NC]
RewriteRule ^ "%{ENV:FILE}" [END,T=application/gzip]
RewriteCond "%{ENV:FILE}" "!\.(?:@endings@)$" [NC]
RewriteRule ^ "%{ENV:FILE}" [END,T=application/octet-stream]
RewriteRule ^ "%{ENV:FILE}" [END]
)conf";

// Without those of encodings, whose files have the type of what is encoded.
std::string Types() {
  std::string text;
  for (const site::MimeType& type : site::MimeTypes())
    if (type.ending != "gz" && type.ending != "br")
      text += "AddType \"" + std::string(type.type) + "\" " + std::string(type.ending) + "\n";
  return text;
}

std::string Endings() {
  std::string text;
  for (const site::MimeType& type : site::MimeTypes())
    if (type.ending != "gz" && type.ending != "br")
      text += (text.empty() ? "" : "|") + site::Quoted(type.ending);
  return text;
}

std::string Sibling(const std::string& name, const std::string& ending) {
  return site::Filled(kSibling, {{"name", name}, {"ending", ending}});
}

std::string Listen(const sdk::SiteSettings& settings) {
  std::string text;
  for (const std::string& address : site::ListenAddresses(settings))
    text += "Listen " + address + "\n";
  return text;
}

}  // namespace

std::string ConfigText(const site::Config& config, const sdk::SiteSettings& settings,
                       const std::string& mark) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(settings.drain).count();
  return site::Filled(
      kHead + Types() + kSite + kFile + Sibling("br", "br") + Sibling("gzip", "gz") + kTail,
      {{"modules", config.modules.empty() ? kModules : config.modules},
       {"workers", std::to_string(config.workers)},
       {"drain", std::to_string(seconds)},
       {"folder", settings.data},
       {"run", settings.data + "/run"},
       {"root", settings.root},
       {"listen", Listen(settings)},
       {"encoded", site::EncodedNames()},
       {"endings", Endings()},
       {"mark", mark}});
}

}  // namespace ns::site_httpd
