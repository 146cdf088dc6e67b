/* ns.backend/1: where applications run.
   BACKEND-01 Applying the same application twice changes nothing the second time.
   BACKEND-02 A fence lower than the highest seen for that application is refused with NS_E_STALE,
   also after remove. BACKEND-03 The old release serves until the new one is probed, routed and
   confirmed (strategy rolling). BACKEND-04 A failed apply leaves what served before serving, and
   fail() says why. BACKEND-05 A cancelled apply leaves what observe shows and the next apply
   finishes. BACKEND-06 Only what bears the installation's and the application's mark is ever
   removed. BACKEND-07 observe that could not look fails; it never reports absence by default.
   BACKEND-08 Anything changed by hand is seen by observe (converged = 0, NS_REASON_DRIFT) and
   mended by apply. BACKEND-09 survey tells of an application what observe would tell, or
   nothing. BACKEND-10 The counters of usage never go down while their replica has the same name. */
#pragma once
#include "status.h"
NS_BEGIN
#define NS_BACKEND "ns.backend/1"

typedef struct ns_log_line {
  uint32_t struct_size;
  int32_t is_stderr;
  int64_t at_us; /* microseconds since 1970, UTC */
  ns_str text;   /* without the line end */
} ns_log_line;
/* Called from the calling thread only; anything but NS_OK means: stop and return that value.
 * Frozen. */
typedef struct ns_log_sink {
  void* ctx;
  ns_status (*put)(void* ctx, const ns_log_line* line) NS_NOEXCEPT;
} ns_log_sink;

typedef struct ns_log_query {
  uint32_t struct_size;
  int32_t limit; /* newest lines before before_us; fewer say that there are no more */
  ns_str app;
  int64_t before_us, since_us; /* 0: none */
} ns_log_query;

/* Receives ids of applications that changed; an empty id says that any may have, and is given
   whenever a stream of events begins (again). [any-thread]; until the call that got it returns.
   Frozen. */
typedef struct ns_change_sink {
  void* ctx;
  ns_status (*changed)(void* ctx, ns_str app) NS_NOEXCEPT;
} ns_change_sink;

/* Receives the status of one application after another, each of those that were asked for at most
   once. Called from the calling thread only; anything but NS_OK means: stop and return that value.
   Frozen. */
typedef struct ns_survey_sink {
  void* ctx;
  ns_status (*put)(void* ctx, ns_str app, const ns_app_status* status) NS_NOEXCEPT;
} ns_survey_sink;

/* What one running replica of an application has used. What cannot be told is -1. */
typedef struct ns_usage {
  uint32_t struct_size;
  uint32_t reserved;
  ns_str app;
  ns_str replica;         /* its name; a new one where its counters begin anew */
  int64_t cpu_ns;         /* processor time, counted from any moment */
  int64_t memory_bytes;   /* now, without what the kernel can drop at any time */
  int64_t received_bytes; /* over the network, counted from any moment */
  int64_t sent_bytes;
} ns_usage;
/* Receives one replica after another, each once. Called from the calling thread only, as soon as
   the counters were read: the host takes the time then. Anything but NS_OK means: stop and return
   that value. Frozen. */
typedef struct ns_usage_sink {
  void* ctx;
  ns_status (*put)(void* ctx, const ns_usage* usage) NS_NOEXCEPT;
} ns_usage_sink;

enum { NS_REMOVE_DATA = 1 /* volumes too */ };

typedef struct ns_backend {
  uint32_t struct_size;
  uint32_t reserved;
  /* Makes the application as asked. Gives the status as it is at the end, also on failure. [worker,
   * key: app id] */
  ns_status (*apply)(ns_plugin* p, const ns_call* call, const ns_app* app,
                     ns_status_sink out) NS_NOEXCEPT;
  /* Removes all of it, and remembers the fence. [worker, key: app id] */
  ns_status (*remove)(ns_plugin* p, const ns_call* call, ns_str app, const ns_fence* fence,
                      uint32_t flags) NS_NOEXCEPT;
  /* Looks; changes nothing. [worker, key: app id] */
  ns_status (*observe)(ns_plugin* p, const ns_call* call, ns_str app,
                       ns_status_sink out) NS_NOEXCEPT;
  /* Tells which applications changed until cancelled. NULL: cannot. [stream] */
  ns_status (*watch)(ns_plugin* p, const ns_call* call, ns_change_sink out) NS_NOEXCEPT;
  /* Output lines, ascending by time. NULL: cannot. [worker] */
  ns_status (*logs)(ns_plugin* p, const ns_call* call, const ns_log_query* query,
                    ns_log_sink out) NS_NOEXCEPT;
  /* Newer than the others: NS_HAS. Looks at many applications at once, without a request for
   * each; changes nothing. Those that cannot be told of so are left out, and are observed one by
   * one. NULL: cannot. [worker], beside calls with keys */
  ns_status (*survey)(ns_plugin* p, const ns_call* call, const ns_str* apps, size_t app_count,
                      ns_survey_sink out) NS_NOEXCEPT;
  /* Newer than the others: NS_HAS. What each running replica of every application of this
   * installation has used; changes nothing. Asked every few seconds: it is to be cheap. Those that
   * cannot be looked at just now are left out. NULL: cannot. [worker], beside calls with keys */
  ns_status (*usage)(ns_plugin* p, const ns_call* call, ns_usage_sink out) NS_NOEXCEPT;
} ns_backend;
NS_END
