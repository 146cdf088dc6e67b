#include "plugin_storage.h"

namespace ns::ports::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(Local, StorageContract, ::testing::Values([] {
                           return std::make_unique<PluginStorage>("storage-local", "{}");
                         }));

}  // namespace
}  // namespace ns::ports::testing
