#include "ns/sdk/plugin.h"
#include "caddy_site.h"

NS_PLUGIN(ns::site_caddy::CaddySite, "dev.neoshowcase.site-caddy");
