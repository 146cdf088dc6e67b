/* A build method in plain C, against the headers alone, with the table of the first version. It
 * fails without a word where the settings say so. */
#include <stdlib.h>
#include <string.h>

#include "ns/abi/build.h"
#include "ns/abi/entry.h"

extern const char ns_manifest_begin[] __attribute__((visibility("hidden")));
extern const char ns_manifest_end[] __attribute__((visibility("hidden")));

struct ns_plugin {
  int active;
};

static int is(ns_str text, const char* word) {
  return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0;
}

static ns_status plan(ns_plugin* p, const ns_call* call, const ns_build_request* request,
                      ns_plan_sink out) {
  ns_build_plan made;
  (void)call;
  if (!p->active || !NS_HAS(request, env_count)) return NS_E_INVALID;
  if (is(request->settings, "\"silent\"")) return NS_E_INTERNAL;
  if (is(request->settings, "\"strange\"")) return 4711;
  if (is(request->settings, "\"nothing\"")) return NS_OK;
  memset(&made, 0, sizeof made);
  made.struct_size = sizeof made;
  made.dockerfile_path = request->settings;
  out.put(out.ctx, &made);
  return NS_OK;
}

static ns_status create(const ns_call* call, const ns_host* host, ns_str kind, ns_str instance,
                        ns_str config, ns_plugin** out) {
  (void)call, (void)host, (void)instance, (void)config;
  if (!is(kind, NS_BUILD)) return NS_E_UNSUPPORTED;
  *out = calloc(1, sizeof **out);
  return *out ? NS_OK : NS_E_EXHAUSTED;
}

static ns_status activate(ns_plugin* p, const ns_call* call) {
  (void)call;
  p->active = 1;
  return NS_OK;
}

static void deactivate(ns_plugin* p) { p->active = 0; }
static void destroy(ns_plugin* p) { free(p); }

static const void* query(ns_plugin* p, const char* id) {
  static const ns_build table = {offsetof(ns_build, detect), 0, plan, NULL};
  (void)p;
  return strcmp(id, NS_BUILD) == 0 ? &table : NULL;
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
