/* ns.site/1: a web server for a folder of sites.
   SITE-01 render is pure: the same settings give the same bytes, and it touches nothing. SITE-02 No
   text of a user is in a configuration: a request chooses its site by the headers
   X-Controller-App-Id and X-Controller-Release-Id alone, each [a-z0-9]{1,64}; a site that comes or
   goes needs no call. SITE-03 start and reload put a configuration in force only when the server
   itself has found it good; a bad one is NS_E_INVALID with "ConfigInvalid", and the one in force
   stays, also for the next start of the server. SITE-04 reload fails no request. SITE-05 stop
   accepts nothing more and lets open requests end for up to drain_ns. SITE-06 The
   server outlives the host and is adopted by start. SITE-07 It writes nothing outside its data
   folder and reads no configuration of the system. SITE-08 probe succeeds once the configuration
   that was last put in force answers at the address that is its own. SITE-09 Nothing but regular
   files below the folder of the chosen site is ever given out, and none through a link where the
   server can tell. SITE-10 Every server answers alike: docs/design/sites.md lists how, and the
   exceptions. SITE-11 Where `own` is given, `listen` is a socket of the host, which servers may
   share: another server at it is no failure of start, and stop leaves connections that nobody has
   accepted to it. */
#pragma once
#include "call.h"
NS_BEGIN
#define NS_SITE "ns.site/1"

/* Where a server finds sites, and where it is found.
   The root holds `sites/<app id>/<release id>`, a link to the folder of that release, and, for a
   single-page application, an empty file `spa/<app id>/<release id>`. Both are made whole and
   renamed into place. Two files of one path with other bytes differ in size or modification time
   (whole seconds): entity tags are made of these. */
typedef struct ns_site_settings {
  uint32_t struct_size;
  uint32_t reserved;
  ns_str root;      /* absolute, [A-Za-z0-9/._-]; anybody may read it */
  ns_str listen;    /* "127.0.0.1:8080", or "unix:<data>/run/x.sock" where it can; with `own`, empty
                       or the former */
  ns_str data;      /* absolute, [A-Za-z0-9/._-], exists; belongs to this server alone */
  int64_t drain_ns; /* how long open requests of a replaced server may last; 0: 30 s */
  ns_str own;       /* "127.1.2.3:8080": an address more, of this server alone, at which it is asked
                       whether it is well; empty: `listen` is its own, and no socket of the host */
} ns_site_settings;

/* One server of one instance. Reasons: "ConfigInvalid", "PortTaken", "SiteServerUnavailable". */
typedef struct ns_site {
  uint32_t struct_size;
  uint32_t reserved;
  /* The text of the configuration. [any-thread] */
  ns_status (*render)(ns_plugin* p, const ns_call* call, const ns_site_settings* settings,
                      ns_sink out) NS_NOEXCEPT;
  /* Whether the server would take it. Changes nothing in force. [worker, key: data] */
  ns_status (*check)(ns_plugin* p, const ns_call* call,
                     const ns_site_settings* settings) NS_NOEXCEPT;
  /* Starts or adopts the server; returns once it answers with these settings. [worker, key: data]
   */
  ns_status (*start)(ns_plugin* p, const ns_call* call,
                     const ns_site_settings* settings) NS_NOEXCEPT;
  /* Other settings for the server that runs; returns once they are in force. `data` stays. With
     `own`, another `listen` ends the server, as stop does, and starts it anew. [worker, key: data]
   */
  ns_status (*reload)(ns_plugin* p, const ns_call* call,
                      const ns_site_settings* settings) NS_NOEXCEPT;
  /* [worker, key: data] */
  ns_status (*stop)(ns_plugin* p, const ns_call* call,
                    const ns_site_settings* settings) NS_NOEXCEPT;
  /* NS_OK, or fail() says what is wrong. [any-thread] */
  ns_status (*probe)(ns_plugin* p, const ns_call* call,
                     const ns_site_settings* settings) NS_NOEXCEPT;
} ns_site;
NS_END
