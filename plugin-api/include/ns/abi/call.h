/* What accompanies every fallible call. Owned by the host, valid for the call. */
#pragma once
#include "base.h"
NS_BEGIN
typedef struct ns_plugin ns_plugin; /* an instance of a plugin; opaque to the host */
enum {
  NS_FAULT_UNKNOWN = 0,
  NS_FAULT_SOURCE = 1,
  NS_FAULT_OPERATOR = 2,
  NS_FAULT_PLATFORM = 3
}; /* unknown value: NS_FAULT_UNKNOWN */
/* Why a call is about to fail. */
typedef struct ns_problem {
  uint32_t struct_size;
  ns_status code;
  ns_str reason;  /* stable code, e.g. "ImagePullFailed"; the standard ones stand in reasons.h */
  ns_str message; /* one sentence for a person */
  int32_t fault;  /* NS_FAULT_* */
  uint32_t reserved;
  int64_t retry_after_ns; /* 0: the host decides; -1: not before something changes */
  ns_bytes details;       /* serialized google.rpc.Status details, or empty */
} ns_problem;
typedef struct ns_call {
  uint32_t struct_size;
  int32_t cancel_fd;   /* readable once cancelled; -1: poll cancelled() */
  int64_t deadline_ns; /* CLOCK_MONOTONIC; 0: none */
  ns_str traceparent;  /* W3C trace context, or empty */
  void* host_data;
  /* 1 once the host no longer wants the result. [any-thread] */
  int32_t (*cancelled)(const struct ns_call* call) NS_NOEXCEPT;
  /* Says why the call is about to fail. The last one wins. [any-thread] */
  void (*fail)(const struct ns_call* call, const ns_problem* problem) NS_NOEXCEPT;
} ns_call;
/* Receives output. Anything but NS_OK from write() means: stop, and return that value. */
typedef struct ns_sink {
  void* ctx;
  ns_status (*write)(void* ctx, ns_bytes chunk) NS_NOEXCEPT;
} ns_sink;
/* Gives input. *got == 0 with NS_OK is the end. */
typedef struct ns_source {
  void* ctx;
  ns_status (*read)(void* ctx, uint8_t* buf, size_t cap, size_t* got) NS_NOEXCEPT;
} ns_source;
NS_END
