/* ns.host.state/1: small durable values of one instance, shared by all host processes of the
 * installation on this machine. */
#pragma once
#include "call.h"
NS_BEGIN
#define NS_HOST_STATE "ns.host.state/1"
struct ns_host;
typedef struct ns_host_state {
  uint32_t struct_size;
  uint32_t reserved;
  /* Writes the value of `key` (1 to 100 of [A-Za-z0-9._-]), at most 64 KiB, whole or not at all;
   * durable when it returns. Empty: removes. [any-thread] */
  ns_status (*put)(const struct ns_host* host, const ns_call* call, ns_str key,
                   ns_bytes value) NS_NOEXCEPT;
  /* NS_E_NOT_FOUND when there is none. [any-thread] */
  ns_status (*get)(const struct ns_host* host, const ns_call* call, ns_str key,
                   ns_sink out) NS_NOEXCEPT;
  /* Calls out.write once for each key that begins with `prefix`. [any-thread] */
  ns_status (*list)(const struct ns_host* host, const ns_call* call, ns_str prefix,
                    ns_sink out) NS_NOEXCEPT;
} ns_host_state;
NS_END
