#include "nginx_text.h"

#include <utility>

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
pcre_jit on;
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
  keepalive_timeout 75s;
  keepalive_requests 1000000;
  large_client_header_buffers 4 32k;
  absolute_redirect off;
  max_ranges 1;
  gzip off;
  gzip_static on;
  open_file_cache max=2000 inactive=10s;
  open_file_cache_valid 1s;
  types_hash_max_size 4096;
)conf";

// What most requests have comes before any expression: the empty text, a text as it is.
constexpr const char* kMaps = R"conf(  add_header Cache-Control no-cache always;
  add_header Vary Accept-Encoding always;
  add_header X-Site-Mark $probe always;
  map $request_method $refused {
    GET "";
    HEAD "";
    default refused;
  }
  map $accepts_br $may_br {
    "" "";
    default $br_of_name;
  }
  map $uri $br_of_name {
    "~\.(?:@encoded@)\.(?:br|gz)\z" "";
    default "/.br";
  }
  map $uri $packed_ending {
    "~\.(?<ending>[A-Za-z0-9]+)\.br\z" $ending;
    default "";
  }
  map $http_accept_encoding $accepts_br {
    "" "";
    gzip "";
    "gzip, deflate" "";
    "gzip, deflate, br" "/.br";
    "~*(?:\A|,)[ \t]*br[ \t]*(?:;[ \t]*q=(?!0(?:\.0*)?[ \t]*(?:,|\z))[^,]*)?(?:,|\z)" "/.br";
    default "";
  }
  map "$http_x_controller_app_id:$http_x_controller_release_id" $folder {
    "~\A(?<app>[a-z0-9]{1,64}):(?<release>[a-z0-9]{1,64})\z" "@root@/sites/$app/$release";
    default "@run@/none";
  }
  map $folder $spa {
    "~/sites/(?<site>[a-z0-9]+/[a-z0-9]+)\z" "@root@/spa/$site";
    default "@run@/none";
  }
  map $http_x_controller_app_id $probe {
    "" $mark;
    default "";
  }
  map $http_x_controller_probe $mark {
    "" "";
    default "@mark@";
  }
)conf";

// Who accepts Brotli goes by a location below /.br, a name that no request can have, and leaves it
// where there is no sibling. Debian's module for that forgets to end the name of the file it opens.
// Every file of a request is opened without a link on the way from the folder of its release. Files
// that are there are remembered for a second, or as long as they stay open: those of an artifact
// never change. `error_page` leads to @missing whatever was wrong.
constexpr const char* kServer = R"conf(  server {
@listen@    root $folder;
    disable_symlinks on from=$folder;
    error_page 403 404 =404 @missing;
    error_page 405 @method;
    if ($refused) { return 405; }
    if ($folder = "@run@/none") { return 404; }
    if ($uri ~ "/\.(?!well-known(?:/|\z))") { return 404; }
    set $br $may_br;
    if ($br) { rewrite ^(.*)$ /.br$1; }
    location / { try_files $uri $uri.html @next; }
    location ^~ /.br/ {
      location ~ /\z { rewrite ^(.*)$ $1index.html last; }
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
      if (-f $folder$uri) { rewrite ^(.*)$ $1 last; }
      if (-f $folder$uri.html.br) { rewrite ^(.*)$ /.br$1.html last; }
      rewrite ^(.*)$ $1 last;
    }
    location ~ "(?:/|\.br|\.gz)\z" {
      location ~ /\z { try_files ${uri}index.html @next; }
@encoded_locations@      try_files $uri $uri.html @next;
    }
)conf";

constexpr const char* kEncodedLocation = R"conf(      location ~ "\.@inner@\.@ending@\z" {
        types { }
        default_type "@type@";
        add_header Cache-Control no-cache always;
        add_header Vary Accept-Encoding always;
        add_header Content-Encoding @name@;
        try_files $uri @next;
      }
)conf";

// The mark of a single-page application lies outside of the folder of its release.
constexpr const char* kTail = R"conf(    location @next {
      recursive_error_pages on;
      error_page 403 404 = @application;
      set $act missing;
      if (-f $folder$uri/index.html) { set $act folder; }
      if ($act = missing) { return 404; }
    }
    location @application {
      disable_symlinks off;
      if (!-f $spa) { return 404; }
      if (!-f $folder/index.html) { return 404; }
      rewrite ^ $br/index.html last;
    }
    location @missing { try_files /404.html @nothing; }
    location @nothing {
      types { }
      default_type "text/plain; charset=utf-8";
      return 404 "404 Not Found\n";
    }
    location @method {
      types { }
      default_type "text/plain; charset=utf-8";
      add_header Cache-Control no-cache always;
      add_header Vary Accept-Encoding always;
      add_header X-Site-Mark $probe always;
      add_header Allow "GET, HEAD" always;
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
  for (const site::MimeType& type : site::EncodedByName()) {
    for (const auto& [ending, name] : {std::pair{"br", "br"}, std::pair{"gz", "gzip"}})
      text += site::Filled(kEncodedLocation, {{"inner", site::Quoted(type.ending)},
                                              {"type", std::string(type.type)},
                                              {"ending", ending},
                                              {"name", name}});
  }
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
  return site::Filled(kHead + Types() + kMaps + kServer + kTail,
                      {{"workers", std::to_string(config.workers)},
                       {"drain", std::to_string(seconds)},
                       {"run", settings.data + "/run"},
                       {"root", settings.root},
                       {"listen", Listen(settings)},
                       {"encoded", site::EncodedNames()},
                       {"encoded_locations", EncodedLocations()},
                       {"mark", mark}});
}

}  // namespace ns::site_nginx
