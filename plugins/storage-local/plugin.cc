#include "ns/sdk/plugin.h"
#include "local_storage.h"

NS_PLUGIN(ns::storage_local::LocalStorage, "dev.neoshowcase.storage-local");
