/* What a backend is told about one application. Every struct grows by appending; see NS_HAS. */
#pragma once
#include "call.h"
NS_BEGIN

/* Decides who may act on an application: compared by epoch, then generation. Frozen. */
typedef struct ns_fence {
  int64_t epoch, generation;
} ns_fence;

/* Unknown value: as NS_STATE_STOPPED. Stopped and asleep keep routes, which lead to the page. */
enum { NS_STATE_STOPPED = 0, NS_STATE_RUNNING = 1, NS_STATE_ASLEEP = 2 };
/* Unknown value: as NS_STRATEGY_RECREATE. */
enum { NS_STRATEGY_ROLLING = 0, NS_STRATEGY_RECREATE = 1 };
/* Unknown value: refused with NS_E_UNSUPPORTED. */
enum { NS_APP_PROCESSES = 0, NS_APP_STATIC = 1 };
enum { NS_PROBE_STAYS_UP = 0, NS_PROBE_TCP = 1, NS_PROBE_HTTP = 2, NS_PROBE_COMMAND = 3 };
enum { NS_AUTH_OFF = 0, NS_AUTH_SOFT = 1, NS_AUTH_HARD = 2 };
enum { NS_PROTOCOL_TCP = 0, NS_PROTOCOL_UDP = 1 };

typedef struct ns_env {
  uint32_t struct_size;
  int32_t secret; /* 1: never log the value */
  ns_str key, value;
} ns_env;

typedef struct ns_probe {
  uint32_t struct_size;
  int32_t kind; /* NS_PROBE_* */
  int32_t port; /* TCP, HTTP: of the process */
  uint32_t reserved;
  ns_str path;         /* HTTP: any status below 500 is ready */
  int64_t period_ns;   /* between two tries */
  int64_t timeout_ns;  /* of the whole wait */
  int64_t stays_up_ns; /* NS_PROBE_STAYS_UP: running that long is ready */
} ns_probe;

typedef struct ns_process {
  uint32_t struct_size;
  int32_t replicas;
  ns_str name;
  ns_str image; /* by digest */
  ns_str pull_username, pull_password;
  const ns_str* entrypoint; /* none: the image's */
  size_t entrypoint_count;
  const ns_str* command; /* none: the image's */
  size_t command_count;
  const ns_env* const* env; /* sorted by key */
  size_t env_count;
  int64_t memory_bytes, cpu_millis, pids; /* 0: the backend's default */
  const ns_probe* probe;                  /* NULL: stays up for 2 s */
  int64_t stop_grace_ns, drain_limit_ns;
} ns_process;

typedef struct ns_route {
  uint32_t struct_size;
  int32_t port; /* of the process */
  ns_str id;
  ns_str host; /* lower-case DNS name */
  ns_str path; /* begins with "/", no trailing "/" unless it is "/" */
  int32_t strip_path, tls, h2c;
  int32_t auth; /* NS_AUTH_*; unknown value: as NS_AUTH_HARD */
  ns_str process;
} ns_route;

typedef struct ns_port {
  uint32_t struct_size;
  int32_t protocol; /* NS_PROTOCOL_*; unknown value: refused */
  int32_t internet_port, application_port;
} ns_port;

typedef struct ns_app {
  uint32_t struct_size;
  int32_t kind; /* NS_APP_* */
  ns_str id, name;
  ns_fence fence;
  int32_t state;                      /* NS_STATE_* */
  int32_t strategy;                   /* NS_STRATEGY_* */
  ns_str run_key, route_key;          /* equal keys: nothing to replace, nothing to rewrite */
  const ns_process* const* processes; /* none while nothing was built */
  size_t process_count;
  const ns_route* const* routes;
  size_t route_count;
  const ns_port* const* ports;
  size_t port_count;
  /* Where routes lead while nothing runs: "http://127.0.0.1:4101", and why ("stopped", "building",
     "failing"): sent to it in the header X-NS-Page. Empty: routes are withdrawn instead. */
  ns_str page_upstream, page_reason;
  ns_str settings; /* JSON of the plugin's per-application schema, or empty */
  /* Newer: NS_HAS. NS_APP_STATIC alone, which has no processes: while it runs, routes lead to
     "http://127.0.0.1:4102" with the headers X-Controller-App-Id (the id) and
     X-Controller-Release-Id, whatever the client has sent under these names, and serving_run_key is
     run_key once they do. Another release: they are rewritten, though route_key is the same. */
  ns_str site_upstream, site_release;
} ns_app;

NS_END
