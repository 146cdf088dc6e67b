#define BOOST_DLL_USE_STD_FS
#include "plugin/library.h"

#include <dlfcn.h>

#include <boost/dll/shared_library.hpp>
#include <exception>

namespace ns::plugin {

Result<Library> LoadLibrary(const std::string& path) {
  namespace mode = boost::dll::load_mode;
  // Rationale for RTLD_NODELETE: dlclose cannot be relied on to unmap (unique symbols), and threads
  // of the plugin may still be in it.
  constexpr auto kNeverUnload = static_cast<mode::type>(RTLD_NODELETE);
  try {
    const boost::dll::shared_library library(path,
                                             mode::rtld_now | mode::rtld_local | kNeverUnload);
    return Library{&library.get<const ns_module*(ns_handshake*) noexcept>("ns_plugin_entry_v1")};
  } catch (const std::exception& error) {
    return Unavailable(error.what());
  }
}

}  // namespace ns::plugin
