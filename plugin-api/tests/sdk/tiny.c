/* The least a service can be, in C against the headers alone. */
#include <stdlib.h>
#include <string.h>

#include "ns/abi/entry.h"
#include "ns/abi/service.h"

extern const char ns_manifest_begin[] __attribute__((visibility("hidden")));
extern const char ns_manifest_end[] __attribute__((visibility("hidden")));

struct ns_plugin {
  size_t listeners;
};

static ns_str text(const char* words) {
  ns_str slice;
  slice.data = words;
  slice.size = strlen(words);
  return slice;
}

static ns_status start(ns_plugin* p, const ns_call* call, const ns_listener* const* listeners,
                       size_t count) {
  (void)call, (void)listeners;
  p->listeners = count;
  return NS_OK;
}

static ns_status drain(ns_plugin* p, const ns_call* call) {
  (void)call;
  p->listeners = 0;
  return NS_OK;
}

static ns_status health(ns_plugin* p, const ns_call* call) {
  ns_problem problem;
  if (p->listeners) return NS_OK;
  memset(&problem, 0, sizeof problem);
  problem.struct_size = sizeof problem;
  problem.code = NS_E_PRECONDITION;
  problem.reason = text("NotStarted");
  problem.message = text("nothing listens");
  call->fail(call, &problem);
  return problem.code;
}

static ns_status create(const ns_call* call, const ns_host* host, ns_str kind, ns_str instance,
                        ns_str config, ns_plugin** out) {
  (void)call, (void)host, (void)kind, (void)instance, (void)config;
  *out = calloc(1, sizeof **out);
  return *out ? NS_OK : NS_E_EXHAUSTED;
}
static ns_status activate(ns_plugin* p, const ns_call* call) {
  (void)p, (void)call;
  return NS_OK;
}
static void deactivate(ns_plugin* p) { (void)p; }
static void destroy(ns_plugin* p) { free(p); }

static const void* query(ns_plugin* p, const char* id) {
  static const ns_service table = {sizeof(ns_service), 0, start, drain, health};
  (void)p;
  return strcmp(id, NS_SERVICE) == 0 ? &table : NULL;
}

const ns_module* ns_plugin_entry_v1(ns_handshake* hs) {
  static ns_module module = {sizeof(ns_module), 0,          {NULL, 0}, create,
                             activate,          deactivate, destroy,   query};
  hs->plugin_minor = NS_ABI_MINOR;
  hs->plugin_needs_minor = 0;
  module.manifest.data = ns_manifest_begin;
  module.manifest.size = (size_t)(ns_manifest_end - ns_manifest_begin);
  return &module;
}
