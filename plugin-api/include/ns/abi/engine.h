/* ns.engine/1: runs a build plan.
   ENGINE-01 Nothing is left behind after success, failure, cancellation or a crash; what a crash
   leaves is found again by the build's id (abort). ENGINE-02 Log bytes are given as they come.
   ENGINE-03 A failure says whose fault it is (ns_problem.fault).
   ENGINE-04 A cancelled run has ended its whole group of processes when it returns.
   ENGINE-05 A plan with an export_path gives that folder and pushes nothing. Its bytes are one tar
   archive that ends with two empty blocks; names are below the folder ("./index.html"). Links in it
   are given as links.
   ENGINE-06 export_path is read without running anything of the image. Links on the way to it are
   followed while they stay below the folder that they are in; others are refused. */
#pragma once
#include "build.h"
NS_BEGIN
#define NS_ENGINE "ns.engine/1"

enum {
  NS_ENGINE_DOCKERFILE = 1 << 0,
  NS_ENGINE_SECRETS = 1 << 1,
  NS_ENGINE_CACHE = 1 << 2,
  NS_ENGINE_EXPORT = 1 << 3,
  NS_ENGINE_HEREDOC = 1 << 4,
  NS_ENGINE_BUILDPACK = 1 << 5,
  NS_ENGINE_MEMORY_LIMIT = 1 << 6,
  NS_ENGINE_TIME_LIMIT = 1 << 7
};

typedef struct ns_engine_job {
  uint32_t struct_size;
  int32_t attempt;
  ns_str app, build;
  ns_str source;    /* absolute path */
  ns_str reference; /* image to push: "host:port/prefix/<app>:<build>-<attempt>" */
  ns_str push_username, push_password;
  const ns_build_plan* plan;
  /* Newer: NS_HAS. Takes the export. Called from the thread that called run; it blocks while the
   * receiver is busy. Anything but NS_OK: stop and return that value. write NULL: none is wanted.
   */
  ns_sink artifact;
} ns_engine_job;

/* An unknown kind is a failure. */
enum { NS_RESULT_IMAGE = 0 /* pushed */, NS_RESULT_ARTIFACT = 1 /* given to the job's sink */ };

typedef struct ns_engine_result {
  uint32_t struct_size;
  uint32_t reserved;
  ns_str digest; /* of an image: "sha256:..." as the registry knows it */
  int64_t size;  /* bytes of the image, 0 when unknown, or of what the sink was given */
  int32_t kind;  /* newer: NS_HAS; NS_RESULT_* */
  uint32_t reserved_2;
} ns_engine_result;

/* Receives one result. Called from the calling thread only. Frozen. */
typedef struct ns_result_sink {
  void* ctx;
  void (*put)(void* ctx, const ns_engine_result* result) NS_NOEXCEPT;
} ns_result_sink;

typedef struct ns_engine {
  uint32_t struct_size;
  uint32_t reserved;
  /* NS_ENGINE_* bits. [any-thread] */
  uint64_t (*abilities)(ns_plugin* p) NS_NOEXCEPT;
  /* Builds and pushes, or exports. `log` may be called from any thread until run returns, one call
   * at a time. [worker, key: build id] */
  ns_status (*run)(ns_plugin* p, const ns_call* call, const ns_engine_job* job, ns_sink log,
                   ns_result_sink out) NS_NOEXCEPT;
  /* Removes what a dead run of that build has left. [worker, key: build id] */
  ns_status (*abort)(ns_plugin* p, const ns_call* call, ns_str build) NS_NOEXCEPT;
} ns_engine;
NS_END
