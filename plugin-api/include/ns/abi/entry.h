/* The one symbol a plugin exports. */
#pragma once
#include "host.h"
NS_BEGIN
typedef struct ns_handshake {
  uint32_t struct_size;
  uint32_t host_minor;         /* in: newest minor the host speaks */
  uint32_t host_oldest_minor;  /* in: oldest plugin minor it still takes */
  uint32_t plugin_minor;       /* out: minor the plugin was built against */
  uint32_t plugin_needs_minor; /* out: oldest host minor it can live with */
} ns_handshake;
typedef struct ns_module { /* one per library, static storage */
  uint32_t struct_size;
  uint32_t reserved;
  ns_str manifest; /* JSON: id, version, licence, kinds, interface ids, config schema; same bytes as
                      ELF section .ns_manifest */
  /* Makes an instance of `kind` ("ns.backend/1"). `config` is JSON that already fits the manifest's
   * schema. No I/O, no threads. [control] */
  ns_status (*create)(const ns_call* call, const ns_host* host, ns_str kind, ns_str instance,
                      ns_str config, ns_plugin** out) NS_NOEXCEPT;
  /* Connect, start threads. [control, inactive] */
  ns_status (*activate)(ns_plugin* p, const ns_call* call) NS_NOEXCEPT;
  /* Stop work, join own threads; no upcall after it returns. [control, active, no call in flight]
   */
  void (*deactivate)(ns_plugin* p) NS_NOEXCEPT;
  void (*destroy)(ns_plugin* p) NS_NOEXCEPT; /* [control, inactive] */
  /* An interface by id, e.g. NS_BACKEND; NULL when absent. Same answer for the life of the
   * instance. [any-thread] */
  const void* (*query)(ns_plugin* p, const char* id)NS_NOEXCEPT;
} ns_module;
/* Fills the outgoing fields and returns the module, or NULL to refuse. Idempotent, fast, no side
 * effects. */
NS_EXPORT const ns_module* ns_plugin_entry_v1(ns_handshake* hs) NS_NOEXCEPT;
NS_END
