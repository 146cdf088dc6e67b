#include "plugin_storage.h"

namespace ns::ports::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(Local, StorageContract, ::testing::Values(StorageFactory([] {
                           return std::unique_ptr<StorageUnderTest>(
                               std::make_unique<PluginStorage>("storage-local", "{}"));
                         })),
                         [](const auto&) { return "Files"; });

}  // namespace
}  // namespace ns::ports::testing
