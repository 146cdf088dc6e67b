// Ends the file of a plugin: NS_PLUGIN(Docker, "com.example.docker"). Include it in that one file
// only; ns_add_plugin() supplies the manifest.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "ns/abi/entry.h"
#include "ns/sdk/thunk.h"

// The manifest as ns_add_plugin() put it into ELF section .ns_manifest.
extern "C" __attribute__((visibility("hidden"))) const char ns_manifest_begin[];
extern "C" __attribute__((visibility("hidden"))) const char ns_manifest_end[];

namespace ns::sdk::detail {

// A library that offers one class for each kind; each derives from Backend, BuildMethod, Engine,
// Service or Site.
template <class... Classes>
class Module {
 public:
  static const ns_module* Handshake(ns_handshake* handshake, std::string_view id) noexcept {
    handshake->plugin_minor = NS_ABI_MINOR;
    handshake->plugin_needs_minor = 0;
    if (View(Manifest()).find(id) == std::string_view::npos)
      return nullptr;  // built with the manifest of another plugin
    static const ns_module module = {sizeof(ns_module), 0,           Manifest(), &Create,
                                     &Activate,         &Deactivate, &Destroy,   &Query};
    return &module;
  }

 private:
  static ns_str Manifest() noexcept {
    return {ns_manifest_begin, static_cast<size_t>(ns_manifest_end - ns_manifest_begin)};
  }

  static ns_status Create(const ns_call* call, const ns_host* host, ns_str kind, ns_str instance,
                          ns_str config, ns_plugin** out) noexcept {
    *out = nullptr;
    return Guarded(call, [&] {
      auto box = std::make_unique<Box>();
      const Setup setup{Host(host), Text(kind), Text(instance), Text(config)};
      (MakeIf<Classes>(setup, *box) || ...);
      if (!box->instance)
        throw Error(NS_E_UNSUPPORTED, NS_REASON_UNSUPPORTED,
                    "This plugin offers no " + setup.kind + ".", Fault::kOperator);
      *out = PluginOf(box.release());
    });
  }

  template <class Class>
  static bool MakeIf(const Setup& setup, Box& box) {
    if (setup.kind != Class::kKind) return false;
    box.instance = std::make_unique<Class>(setup);
    box.interface = [](std::string_view id) noexcept -> const void* {
      return id == Class::kKind ? Class::template Table<Class>() : nullptr;
    };
    return true;
  }

  static ns_status Activate(ns_plugin* plugin, const ns_call* call) noexcept {
    return Guarded(call, [&] { BoxOf(plugin)->instance->Activate(Call(call)); });
  }
  static void Deactivate(ns_plugin* plugin) noexcept {
    Guarded(nullptr, [&] { BoxOf(plugin)->instance->Deactivate(); });
  }
  static void Destroy(ns_plugin* plugin) noexcept { delete BoxOf(plugin); }
  static const void* Query(ns_plugin* plugin, const char* id) noexcept {
    return BoxOf(plugin)->interface(id);
  }
};

}  // namespace ns::sdk::detail

// `Class` derives from Backend, BuildMethod, Engine, Service or Site and has a constructor from
// `const ns::sdk::Setup&`. `id` is the manifest's.
#define NS_PLUGIN(Class, id) NS_PLUGINS(id, Class)

// One library, several classes, each of another kind: NS_PLUGINS("com.example.both", Method,
// Engine).
#define NS_PLUGINS(id, ...)                                                          \
  extern "C" const ns_module* ns_plugin_entry_v1(ns_handshake* handshake) noexcept { \
    return ::ns::sdk::detail::Module<__VA_ARGS__>::Handshake(handshake, id);         \
  }                                                                                  \
  static_assert(true, "asks for a semicolon")
