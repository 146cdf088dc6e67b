/* What a backend tells about one application. */
#pragma once
#include "app.h"
NS_BEGIN

/* Numbers of the public API. Unknown value: as NS_CONTAINER_UNKNOWN. */
enum {
  NS_CONTAINER_MISSING = 0,
  NS_CONTAINER_STARTING = 1,
  NS_CONTAINER_RESTARTING = 2,
  NS_CONTAINER_RUNNING = 3,
  NS_CONTAINER_EXITED = 4,
  NS_CONTAINER_ERRORED = 5,
  NS_CONTAINER_UNKNOWN = 6
};

/* A phase of the newest deploy ("pull", "start", "probe", "switch", "drain", "remove", "done") and
 * when it began. */
typedef struct ns_phase {
  uint32_t struct_size;
  uint32_t reserved;
  ns_str name;
  int64_t at_us; /* microseconds since 1970, UTC */
} ns_phase;

typedef struct ns_app_status {
  uint32_t struct_size;
  int32_t exists;         /* 1: anything of this application is there */
  ns_fence fence;         /* the highest accepted, also after removal */
  ns_str serving_run_key; /* empty: nothing serves */
  ns_str route_key;       /* of the routes in force */
  int32_t container;      /* NS_CONTAINER_* */
  int32_t state;          /* NS_STATE_* last asked for */
  int32_t converged;      /* 1: all that the last accepted apply asked for is so */
  int32_t ready, wanted;  /* replicas */
  int32_t restarts, exit_code;
  uint32_t reserved;
  ns_str image_digest; /* of what serves */
  ns_str reason;       /* reasons.h */
  ns_str message;      /* one sentence */
  const ns_phase* const* phases;
  size_t phase_count;
} ns_app_status;

/* Receives at most one status per call. May be called from the calling thread only. Frozen. */
typedef struct ns_status_sink {
  void* ctx;
  void (*put)(void* ctx, const ns_app_status* status) NS_NOEXCEPT;
} ns_status_sink;

NS_END
