// Small durable values of one instance.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ns/abi/host_state.h"
#include "ns/sdk/ask.h"

namespace ns::sdk {

// Keys are 1 to 100 of [A-Za-z0-9._-], values at most 64 KiB; shared by all host processes of the
// installation on this machine. [any-thread]
class State {
 public:
  State() = default;
  State(const ns_host* host, const ns_host_state* table) : host_(host), table_(table) {}

  // Whole or not at all; durable when it returns. An empty value removes.
  void Put(const Call& call, std::string_view key, std::string_view value) const {
    detail::Asking asking(call);
    asking.Check(Table().put(host_, asking.raw(), Str(key), Bytes(value)), "Keeping a value");
  }

  std::optional<std::string> Get(const Call& call, std::string_view key) const {
    detail::Asking asking(call);
    std::string value;
    const ns_status status = Table().get(host_, asking.raw(), Str(key), {&value, &Append});
    if (status == NS_E_NOT_FOUND) return std::nullopt;
    asking.Check(status, "Reading a value");
    return value;
  }

  std::vector<std::string> List(const Call& call, std::string_view prefix = "") const {
    detail::Asking asking(call);
    std::vector<std::string> keys;
    asking.Check(Table().list(host_, asking.raw(), Str(prefix), {&keys, &AddKey}),
                 "Listing values");
    return keys;
  }

 private:
  const ns_host_state& Table() const { return detail::Offered(table_, NS_HOST_STATE); }
  static ns_status Append(void* ctx, ns_bytes chunk) noexcept {
    static_cast<std::string*>(ctx)->append(View(chunk));
    return NS_OK;
  }
  static ns_status AddKey(void* ctx, ns_bytes key) noexcept {
    static_cast<std::vector<std::string>*>(ctx)->emplace_back(View(key));
    return NS_OK;
  }

  const ns_host* host_ = nullptr;
  const ns_host_state* table_ = nullptr;
};

}  // namespace ns::sdk
