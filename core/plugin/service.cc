// ns.service/1 as Service.
#include "plugin/service.h"

#include "ns/abi/backend.h"
#include "ns/abi/engine.h"
#include "ns/abi/service.h"
#include "ns/abi/site.h"
#include "ns/abi/storage.h"
#include "ns/sdk/text.h"
#include "plugin/adapters.h"

namespace ns::plugin {
namespace {

class TableService final : public Service {
 public:
  explicit TableService(Instance& instance)
      : instance_(instance), table_(*static_cast<const ns_service*>(instance.interface())) {}

  Status Start(const ports::Call& call, const std::vector<ServiceListener>& listeners) override {
    std::vector<ns_listener> raw_listeners;
    for (const ServiceListener& listener : listeners)
      raw_listeners.push_back({sizeof(ns_listener), listener.fd, sdk::Str(listener.address)});
    const auto pointers = sdk::Pointers(raw_listeners);
    return instance_.Run(
        "start", call,
        [&](ns_plugin* plugin, const ns_call* raw) {
          return table_.start(plugin, raw, pointers.data(), pointers.size());
        },
        CallKind::kControl);
  }

  Status Drain(const ports::Call& call) override {
    return instance_.Run(
        "drain", call,
        [&](ns_plugin* plugin, const ns_call* raw) { return table_.drain(plugin, raw); },
        CallKind::kControl);
  }

  Status Health(const ports::Call& call) override {
    return instance_.Run("health", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return table_.health(plugin, raw);
    });
  }

 private:
  Instance& instance_;
  const ns_service& table_;
};

}  // namespace

std::unique_ptr<Service> MakeService(Instance& instance) {
  return std::make_unique<TableService>(instance);
}

bool HasWholeTable(const Instance& instance, const std::string& kind) {
  const void* table = instance.interface();
  if (kind == NS_BACKEND) {
    const auto* backend = static_cast<const ns_backend*>(table);
    return NS_HAS(backend, logs) && backend->apply && backend->remove && backend->observe;
  }
  if (kind == NS_BUILD) {
    const auto* build = static_cast<const ns_build*>(table);
    return NS_HAS(build, plan) && build->plan;
  }
  if (kind == NS_ENGINE) {
    const auto* engine = static_cast<const ns_engine*>(table);
    return NS_HAS(engine, abort) && engine->abilities && engine->run && engine->abort;
  }
  if (kind == NS_STORAGE) {
    const auto* storage = static_cast<const ns_storage*>(table);
    return NS_HAS(storage, check) && storage->put && storage->get && storage->stat &&
           storage->remove && storage->list && storage->check;
  }
  if (kind == NS_SITE) {
    const auto* site = static_cast<const ns_site*>(table);
    return NS_HAS(site, probe) && site->render && site->check && site->start && site->reload &&
           site->stop && site->probe;
  }
  const auto* service = static_cast<const ns_service*>(table);
  return kind == NS_SERVICE && NS_HAS(service, health) && service->start && service->drain &&
         service->health;
}

}  // namespace ns::plugin
