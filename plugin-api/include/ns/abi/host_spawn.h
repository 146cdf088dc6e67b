/* ns.host.spawn/1: helper processes that outlive the host and are adopted by the next one. */
#pragma once
#include "call.h"
NS_BEGIN
#define NS_HOST_SPAWN "ns.host.spawn/1"
struct ns_host;
enum {
  NS_HELPER_STOPPED = 0,
  NS_HELPER_STARTING = 1,
  NS_HELPER_RUNNING = 2,
  NS_HELPER_BACKING_OFF = 3
};
typedef struct ns_helper {
  uint32_t struct_size;
  uint32_t reserved;
  ns_str name;        /* unique within the instance: "traefik" */
  const ns_str* argv; /* argv[0] is an absolute path */
  size_t argv_count;
  const ns_str* env; /* "KEY=value"; nothing else is inherited */
  size_t env_count;
  ns_str health_address; /* "tcp:127.0.0.1:80", "http://127.0.0.1:8080/ping", "unix:/x.sock"; empty:
                            running is healthy */
  ns_str config_hash;    /* another hash: the helper is restarted */
  int64_t stop_grace_ns;
  int32_t stop_signal; /* that ends it well; 0: SIGTERM */
  uint32_t reserved2;
  /* "127.0.0.1:80": sockets that the helper finds as its descriptors 3, 4, ..., and that listen
     already. They are the host's: helpers of any instance that name one share it, a connection goes
     to whichever accepts it first, and none is lost while one of them ends, is restarted or takes
     another's place. Other ones: the helper is restarted. */
  const ns_str* listen;
  size_t listen_count;
} ns_helper;
typedef struct ns_helper_state {
  uint32_t struct_size;
  int32_t state;   /* NS_HELPER_* */
  int64_t pid;     /* 0: none */
  int32_t adopted; /* 1: was running before this host came */
  int32_t restarts;
} ns_helper_state;
typedef struct ns_host_spawn {
  uint32_t struct_size;
  uint32_t reserved;
  /* Sees to it that the helper runs as described: starts, adopts or restarts it, and restarts it
     when it dies, with back-off. Returns once it is healthy or the deadline has passed. Fails with
     "PortTaken", and leaves what runs, where it cannot have an address of `listen`. [worker] */
  ns_status (*ensure)(const struct ns_host* host, const ns_call* call,
                      const ns_helper* helper) NS_NOEXCEPT;
  /* [any-thread] */
  ns_status (*state)(const struct ns_host* host, ns_str name, ns_helper_state* out) NS_NOEXCEPT;
  /* Ends it for good. [worker] */
  ns_status (*stop)(const struct ns_host* host, const ns_call* call, ns_str name) NS_NOEXCEPT;
} ns_host_spawn;
NS_END
