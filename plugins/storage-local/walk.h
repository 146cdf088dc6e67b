// The objects below a folder, in the order of their keys.
#pragma once

#include "ns/sdk/storage.h"

namespace ns::storage_local {

// Gives what `query` asks for. Folders that cannot hold any of it are not opened, and what has no
// name of a key is passed over.
void Walk(int root, const sdk::Call& call, const sdk::ObjectQuery& query,
          const sdk::ObjectSink& out);

}  // namespace ns::storage_local
