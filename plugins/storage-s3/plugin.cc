#include "ns/sdk/plugin.h"
#include "s3_storage.h"

NS_PLUGIN(ns::storage_s3::S3Storage, "dev.neoshowcase.storage-s3");
