/* ns.service/1: one listening edge. Uses the platform through host services alone. */
#pragma once
#include "call.h"
NS_BEGIN
#define NS_SERVICE "ns.service/1"

/* A listening socket that the host opened and keeps, so that a replacement drops nothing. The
 * plugin accepts from it and never closes it; what it needs longer than the host keeps it open, as
 * until the end of drain, it duplicates. */
typedef struct ns_listener {
  uint32_t struct_size;
  int32_t fd;     /* non-blocking, listening */
  ns_str address; /* "unix:/run/x.sock" or "127.0.0.1:4000", for logs and for what a peer may be
                     asked */
} ns_listener;

typedef struct ns_service {
  uint32_t struct_size;
  uint32_t reserved;
  /* Serves from the listeners until drain. Returns once it accepts. [control, active] */
  ns_status (*start)(ns_plugin* p, const ns_call* call, const ns_listener* const* listeners,
                     size_t count) NS_NOEXCEPT;
  /* Takes what waits to be accepted, then accepts no more; lets what is open end until the
   * deadline. The host may have closed the listeners. [control, active] */
  ns_status (*drain)(ns_plugin* p, const ns_call* call) NS_NOEXCEPT;
  /* NS_OK, or fail() says what is wrong. [any-thread] */
  ns_status (*health)(ns_plugin* p, const ns_call* call) NS_NOEXCEPT;
} ns_service;
NS_END
