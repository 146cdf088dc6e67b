#include "ns/sdk/plugin.h"
#include "httpd_site.h"

NS_PLUGIN(ns::site_httpd::HttpdSite, "dev.neoshowcase.site-httpd");
