#include "ns/sdk/plugin.h"
#include "swift_storage.h"

NS_PLUGIN(ns::storage_swift::SwiftStorage, "dev.neoshowcase.storage-swift");
