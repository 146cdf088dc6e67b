// Between the tables of the ABI and C++: turns every exception into a status and a word to the
// host.
#pragma once

#include <memory>
#include <new>

#include "ns/abi/host.h"
#include "ns/sdk/call.h"
#include "ns/sdk/instance.h"

namespace ns::sdk::detail {

inline void Tell(const ns_call* call, const Error& error) noexcept {
  if (!call || !call->fail) return;
  ns_problem problem{};
  problem.struct_size = sizeof(problem);
  problem.code = error.code();
  problem.reason = Str(error.reason());
  problem.message = Str(error.message());
  problem.fault = static_cast<int32_t>(error.fault());
  problem.retry_after_ns = error.retry_after().count();
  problem.details = Bytes(error.details());
  call->fail(call, &problem);
}

// The problem of an exception that is no Error; allocates nothing.
inline ns_status TellDefect(const ns_call* call, ns_status code, const char* reason,
                            const char* what) noexcept {
  if (!call || !call->fail) return code;
  ns_problem problem{};
  problem.struct_size = sizeof(problem);
  problem.code = code;
  problem.reason = Str(reason);
  problem.message = Str(what);
  problem.fault = NS_FAULT_PLATFORM;
  call->fail(call, &problem);
  return code;
}

// Runs `body`; what it throws becomes the status that is returned and the problem that the host
// hears of.
template <class Body>
ns_status Guarded(const ns_call* call, Body&& body) noexcept {
  try {
    body();
    return NS_OK;
  } catch (const Stopped& stopped) {
    return stopped.code();
  } catch (const Error& error) {
    Tell(call, error);
    return error.code();
  } catch (const std::bad_alloc&) {
    return TellDefect(call, NS_E_EXHAUSTED, NS_REASON_OUT_OF_MEMORY,
                      "The plugin is out of memory.");
  } catch (const std::exception& error) {
    return TellDefect(call, NS_E_INTERNAL, NS_REASON_DEFECT, error.what());
  } catch (...) {
    return TellDefect(call, NS_E_INTERNAL, NS_REASON_DEFECT,
                      "The plugin threw something that is no std::exception.");
  }
}

// What an ns_plugin of this SDK points to.
struct Box {
  std::unique_ptr<Instance> instance;
  const void* (*interface)(std::string_view id) noexcept;
};
inline Box* BoxOf(ns_plugin* plugin) { return reinterpret_cast<Box*>(plugin); }
inline ns_plugin* PluginOf(Box* box) { return reinterpret_cast<ns_plugin*>(box); }

// The C function of a member `void Kind::Member(const Call&, arguments as in the table...)`.
template <auto Member>
struct Thunk;
template <class Kind, class... Args, void (Kind::*Member)(const Call&, Args...)>
struct Thunk<Member> {
  static ns_status Run(ns_plugin* plugin, const ns_call* call, Args... args) noexcept {
    return Guarded(
        call, [&] { (static_cast<Kind&>(*BoxOf(plugin)->instance).*Member)(Call(call), args...); });
  }
};

// A struct that the host must give, as long as the first version had it.
template <class T>
const T& Given(const T* given, bool whole) {
  if (!given || !whole)
    throw Error(NS_E_INVALID, NS_REASON_DEFECT,
                "The host gave an argument that is missing or too short.");
  return *given;
}

}  // namespace ns::sdk::detail
