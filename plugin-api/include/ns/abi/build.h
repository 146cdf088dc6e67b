/* ns.build/1: turns settings and a source into a plan. Reads only.
   BUILD-01 The same request gives the same plan, byte for byte.
   BUILD-02 Nothing is written, started or fetched.
   BUILD-03 Every path of the plan lies inside the source, links resolved.
   BUILD-04 detect knows nothing of the source but its listing: the same one, the same answers. */
#pragma once
#include "app.h"
#include "detect.h"
NS_BEGIN
#define NS_BUILD "ns.build/1"

typedef struct ns_build_request {
  uint32_t struct_size;
  uint32_t reserved;
  ns_str app, build;
  ns_str source;        /* absolute path of the checked-out folder */
  ns_str settings;      /* JSON that fits the manifest's app_schema */
  ns_str artifact_path; /* static methods; else empty */
  const ns_str* entrypoint;
  size_t entrypoint_count;
  const ns_str* command;
  size_t command_count;
  const ns_env* const* env; /* build scope only, sorted by key */
  size_t env_count;
} ns_build_request;

typedef struct ns_build_arg {
  uint32_t struct_size;
  uint32_t reserved;
  ns_str key, value;
} ns_build_arg;

typedef struct ns_build_plan {
  uint32_t struct_size;
  int32_t ignore_dockerignore; /* 1: the whole folder is the context */
  ns_str dockerfile_text;      /* either this */
  ns_str dockerfile_path;      /* or this file, relative to the source */
  ns_str context;              /* folder, relative to the source; "." is all */
  ns_str target;               /* stage, or empty */
  const ns_build_arg* const* args;
  size_t arg_count;
  const ns_env* const* secrets; /* offered as secret mounts; the key is the id */
  size_t secret_count;
  ns_str export_path; /* absolute path of a folder of the image that is wanted; empty: the image */
  /* Newer: NS_HAS. By Cloud Native Buildpacks instead of a Dockerfile, where builder is not empty:
   * then dockerfile_*, target and args are empty, secrets are the variables of the build, and
   * export_path lies in the application's folder, "/workspace". */
  ns_str builder;      /* reference of the builder image */
  ns_str run_image;    /* that the result stands on; empty: the one that the builder names */
  ns_str platform_api; /* "0.12": of the interface between platform and lifecycle */
} ns_build_plan;

/* Receives one plan. Called from the calling thread only. Frozen. */
typedef struct ns_plan_sink {
  void* ctx;
  void (*put)(void* ctx, const ns_build_plan* plan) NS_NOEXCEPT;
} ns_plan_sink;

typedef struct ns_build {
  uint32_t struct_size;
  uint32_t reserved;
  /* [worker, key: build id] */
  ns_status (*plan)(ns_plugin* p, const ns_call* call, const ns_build_request* request,
                    ns_plan_sink out) NS_NOEXCEPT;
  /* Newer: NS_HAS. Whether and how this method would build such a source; at least one answer, the
   * best first. NULL: cannot say. [worker], beside calls with keys */
  ns_status (*detect)(ns_plugin* p, const ns_call* call, const ns_source_listing* source,
                      ns_suggestion_sink out) NS_NOEXCEPT;
} ns_build;
NS_END
