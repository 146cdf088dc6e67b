#include "ns/sdk/plugin.h"
#include "nginx_site.h"

NS_PLUGIN(ns::site_nginx::NginxSite, "dev.neoshowcase.site-nginx");
