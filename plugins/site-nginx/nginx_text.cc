#include "nginx_text.h"

#include "site/mime.h"
#include "site/served_site.h"
#include "site/template_text.h"

namespace ns::site_nginx {
namespace {

// @words@ stand for values that are checked paths, addresses and numbers.
constexpr const char* kHead = R"conf(daemon off;
worker_processes @workers@;
worker_rlimit_nofile 8192;
worker_shutdown_timeout @drain@s;
pid @run@/nginx.pid;
error_log stderr error;
events { worker_connections 2048; }
http {
  client_body_temp_path @run@/body;
  proxy_temp_path @run@/proxy;
  fastcgi_temp_path @run@/fastcgi;
  uwsgi_temp_path @run@/uwsgi;
  scgi_temp_path @run@/scgi;
  access_log off;
  log_not_found off;
  server_tokens off;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 75s;
  keepalive_requests 1000000;
  large_client_header_buffers 4 32k;
  absolute_redirect off;
  max_ranges 1;
  gzip off;
  gzip_static on;
  types_hash_max_size 4096;
)conf";

constexpr const char* kMaps = R"conf(  add_header Cache-Control no-cache always;
  add_header Vary Accept-Encoding always;
  add_header Allow $allow always;
  add_header X-Site-Mark $probe always;
  add_header Content-Encoding $named_encoding;
  map $request_method $allow {
    GET "";
    HEAD "";
    default "GET, HEAD";
  }
  map $uri $named_encoding {
    "~\.(?:@encoded@)\.br\z" br;
    "~\.(?:@encoded@)\.gz\z" gzip;
    default "";
  }
  map $uri $may_br {
    "~\.(?:@encoded@)\.(?:br|gz)\z" "";
    default $accepts_br;
  }
  map $uri $packed_ending {
    "~\.(?<ending>[A-Za-z0-9]+)\.br\z" $ending;
    default "";
  }
  map $http_accept_encoding $accepts_br {
    "~*(?:\A|,)[ \t]*br[ \t]*(?:;[ \t]*q=(?!0(?:\.0*)?[ \t]*(?:,|\z))[^,]*)?(?:,|\z)" "/.br";
    default "";
  }
  map "$http_x_controller_app_id:$http_x_controller_release_id" $site {
    "~\A(?<app>[a-z0-9]{1,64}):(?<release>[a-z0-9]{1,64})\z" "$app/$release";
    default "";
  }
  map "$http_x_controller_app_id:$http_x_controller_probe" $probe {
    "~\A:." "@mark@";
    default "";
  }
)conf";

// Who accepts Brotli goes by a location below /.br, a name that no request can have, and leaves it
// where there is no sibling. Debian's module for that forgets to end the name of the file it opens.
// The folder of a release is asked for once, and every file of a request is then opened below it
// without a link on the way. `error_page` leads to @missing whatever was wrong.
constexpr const char* kServer = R"conf(  server {
@listen@    root @root@/sites/$site;
    set $folder @run@/none;
    set $spa "";
    error_page 403 404 =404 @missing;
    error_page 405 @method;
    if ($allow) { return 405; }
    if ($site = "") { return 404; }
    if (!-d @root@/sites/$site) { return 404; }
    set $folder $realpath_root;
    if ($uri ~ "/\.(?!well-known(?:/|\z))") { return 404; }
    if (-f @root@/spa/$site) { set $spa spa; }
    if (!-f $folder/index.html) { set $spa ""; }
    set $br $may_br;
    if ($br) { rewrite ^(.*)$ /.br$1; }
    location / {
      disable_symlinks on;
      root $folder;
      try_files $uri $uri.html @next;
    }
    location ~ /\z {
      disable_symlinks on;
      root $folder;
      try_files ${uri}index.html @next;
    }
    location ^~ /.br/ {
      location ~ /\z { rewrite ^(.*)$ $1index.html last; }
      disable_symlinks on;
      root $folder;
      types { }
      default_type "";
      add_header Cache-Control no-cache always;
      add_header Vary Accept-Encoding always;
      add_header Content-Type $packed_type;
      add_header Content-Encoding br;
      rewrite ^/\.br(.*)$ $1 break;
      try_files $uri.br @unpacked;
    }
    location @unpacked {
      disable_symlinks on;
      root $folder;
      if (-f $folder$uri) { rewrite ^(.*)$ $1 last; }
      if (-f $folder$uri.html.br) { rewrite ^(.*)$ /.br$1.html last; }
      rewrite ^(.*)$ $1 last;
    }
)conf";

constexpr const char* kEncodedLocation = R"conf(    location ~ "\.@inner@\.(?:br|gz)\z" {
      disable_symlinks on;
      root $folder;
      types { }
      default_type "@type@";
      try_files $uri @next;
    }
)conf";

constexpr const char* kTail = R"conf(    location @next {
      disable_symlinks on;
      root $folder;
      set $act "404$spa";
      if (-f $folder$uri/index.html) { set $act folder; }
      if ($act = 404) { return 404; }
      if ($act = 404spa) { rewrite ^ $br/index.html last; }
    }
    location @missing {
      disable_symlinks on;
      root $folder;
      try_files /404.html @nothing;
    }
    location @nothing {
      types { }
      default_type "text/plain; charset=utf-8";
      return 404 "404 Not Found\n";
    }
    location @method {
      types { }
      default_type "text/plain; charset=utf-8";
      return 405 "405 Method Not Allowed\n";
    }
  }
}
)conf";

std::string Types() {
  std::string types = "  default_type application/octet-stream;\n  types {\n", packed;
  for (const site::MimeType& type : site::MimeTypes()) {
    types += "    \"" + std::string(type.type) + "\" " + std::string(type.ending) + ";\n";
    packed += "    " + std::string(type.ending) + " \"" + std::string(type.type) + "\";\n";
  }
  return types + "  }\n  map $packed_ending $packed_type {\n" + packed +
         "    default application/octet-stream;\n  }\n";
}

std::string EncodedLocations() {
  std::string text;
  for (const site::MimeType& type : site::EncodedByName())
    text += site::Filled(kEncodedLocation,
                         {{"inner", site::Quoted(type.ending)}, {"type", std::string(type.type)}});
  return text;
}

std::string Listen(const sdk::SiteSettings& settings) {
  std::string text;
  for (const std::string& address : site::ListenAddresses(settings))
    text += "    listen " + address + ";\n";
  return text;
}

}  // namespace

std::string ConfigText(const site::Config& config, const sdk::SiteSettings& settings,
                       const std::string& mark) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(settings.drain).count();
  return site::Filled(kHead + Types() + kMaps + kServer + EncodedLocations() + kTail,
                      {{"workers", std::to_string(config.workers)},
                       {"drain", std::to_string(seconds)},
                       {"run", settings.data + "/run"},
                       {"root", settings.root},
                       {"listen", Listen(settings)},
                       {"encoded", site::EncodedNames()},
                       {"mark", mark}});
}

}  // namespace ns::site_nginx
