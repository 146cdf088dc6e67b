/* How a source looks, and which build method says that it can build it. Part of ns.build/1. */
#pragma once
#include "call.h"
NS_BEGIN

typedef struct ns_source_file {
  uint32_t struct_size;
  uint32_t reserved;
  ns_str path;  /* below the source, '/' between its parts */
  int64_t size; /* bytes */
} ns_source_file;

typedef struct ns_source_listing {
  uint32_t struct_size;
  int32_t truncated;                  /* 1: there are more files than these */
  const ns_source_file* const* files; /* regular ones, sorted by path, bytewise */
  size_t file_count;
  void* ctx;
  /* Writes the first 64 KiB of a file of the list, or all of a shorter one, at once.
   * NS_E_NOT_FOUND: it is not in the list. From the calling thread only. */
  ns_status (*head)(void* ctx, ns_str path, ns_sink out) NS_NOEXCEPT;
} ns_source_listing;

typedef struct ns_suggestion {
  uint32_t struct_size;
  int32_t fit;     /* 0: this method cannot build it; 1 to 100: how well; beyond: as the nearest */
  ns_str settings; /* JSON that fits the manifest's app_schema; empty: "{}" */
  ns_str artifact_path; /* static methods; else empty */
  ns_str command;       /* to run it, shell-like words; empty: the image's own, or not known */
  ns_str why;           /* one sentence for a person: what was seen; for fit 0 what is missing */
  int32_t port;         /* TCP port that it will listen on; 0: not known */
  uint32_t reserved;
} ns_suggestion;

/* Receives suggestions. Called from the calling thread only. Frozen. */
typedef struct ns_suggestion_sink {
  void* ctx;
  void (*put)(void* ctx, const ns_suggestion* suggestion) NS_NOEXCEPT;
} ns_suggestion_sink;
NS_END
