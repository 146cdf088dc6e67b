// ns.site/1 as ports::SiteServer.
#include "ports/site.h"

#include "ns/abi/reasons.h"
#include "ns/abi/site.h"
#include "ns/sdk/text.h"
#include "plugin/adapters.h"

namespace ns::plugin {
namespace {

constexpr size_t kLongestText = 1 << 20;  // bytes of a configuration

struct Text {
  std::string bytes;
  static ns_status Write(void* ctx, ns_bytes chunk) noexcept {
    std::string& bytes = static_cast<Text*>(ctx)->bytes;
    if (chunk.size > kLongestText - bytes.size()) return NS_E_EXHAUSTED;
    bytes += sdk::View(chunk);
    return NS_OK;
  }
};

class TableSite final : public ports::SiteServer {
 public:
  explicit TableSite(Instance& instance)
      : instance_(instance), table_(*static_cast<const ns_site*>(instance.interface())) {}

  Result<std::string> Render(const ports::Call& call,
                             const ports::SiteSettings& settings) override {
    const ns_site_settings wanted = RawOf(settings);
    Text text;
    NS_TRY(instance_.Run("render", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return table_.render(plugin, raw, &wanted, {&text, &Text::Write});
    }));
    if (text.bytes.empty())
      return Status(Code::kInternal, NS_REASON_DEFECT,
                    "site server " + instance_.name() + " rendered nothing");
    return std::move(text.bytes);
  }

  Status Check(const ports::Call& call, const ports::SiteSettings& settings) override {
    return Run("check", table_.check, call, settings);
  }
  Status Start(const ports::Call& call, const ports::SiteSettings& settings) override {
    return Run("start", table_.start, call, settings);
  }
  Status Reload(const ports::Call& call, const ports::SiteSettings& settings) override {
    return Run("reload", table_.reload, call, settings);
  }
  Status Stop(const ports::Call& call, const ports::SiteSettings& settings) override {
    return Run("stop", table_.stop, call, settings);
  }
  Status Probe(const ports::Call& call, const ports::SiteSettings& settings) override {
    return Run("probe", table_.probe, call, settings);
  }

 private:
  static ns_site_settings RawOf(const ports::SiteSettings& settings) {
    return {sizeof(ns_site_settings), 0,
            sdk::Str(settings.root),  sdk::Str(settings.listen),
            sdk::Str(settings.data),  settings.drain.count(),
            sdk::Str(settings.own)};
  }

  Status Run(const char* what, decltype(ns_site::check) member, const ports::Call& call,
             const ports::SiteSettings& settings) {
    const ns_site_settings wanted = RawOf(settings);
    return instance_.Run(what, call, [&](ns_plugin* plugin, const ns_call* raw) {
      return member(plugin, raw, &wanted);
    });
  }

  Instance& instance_;
  const ns_site& table_;
};

}  // namespace

std::unique_ptr<ports::SiteServer> MakeSiteServer(Instance& instance) {
  return std::make_unique<TableSite>(instance);
}

}  // namespace ns::plugin
