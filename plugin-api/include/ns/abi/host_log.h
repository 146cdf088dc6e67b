/* ns.host.log/1: records in the host's log. */
#pragma once
#include "call.h"
NS_BEGIN
#define NS_HOST_LOG "ns.host.log/1"
/* Unknown value: as NS_LOG_INFO. */
enum { NS_LOG_DEBUG = 1, NS_LOG_INFO = 2, NS_LOG_WARN = 3, NS_LOG_ERROR = 4 };
typedef struct ns_log_field {
  ns_str key, value;
} ns_log_field; /* frozen */
struct ns_host;
typedef struct ns_host_log {
  uint32_t struct_size;
  uint32_t reserved;
  /* 1 when records of that level are kept. [any-thread] */
  int32_t (*enabled)(const struct ns_host* host, int32_t level) NS_NOEXCEPT;
  /* [any-thread] */
  void (*write)(const struct ns_host* host, int32_t level, ns_str message,
                const ns_log_field* fields, size_t count) NS_NOEXCEPT;
} ns_host_log;
NS_END
