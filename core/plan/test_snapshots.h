// Snapshots that tests of the core start from.
#pragma once

#include <string>

#include "base/crypto.h"
#include "model/snapshot.h"
#include "plan/keys.h"

namespace ns::plan::testing {

inline const Secret kKey(std::string(32, 'k'));
inline const std::string kCommitA(40, 'a'), kCommitB(40, 'b');

template <class I>
I IdOf(int n) {
  std::string text = std::to_string(n);
  return I(std::string(22 - text.size(), '0') + text);
}

// A running application at commit A that was never built.
inline model::AppSnapshot FreshApp() {
  model::AppSnapshot snapshot;
  snapshot.app.id = IdOf<AppId>(1);
  snapshot.app.name = "shop";
  snapshot.app.ref = "main";
  snapshot.app.commit = kCommitA;
  snapshot.app.build = {"runtime-dockerfile", "{}"};
  snapshot.app.desired = model::DesiredState::kRunning;
  snapshot.app.websites = {{IdOf<WebsiteId>(1), "shop.example.com", "/", false, false, false, 8080,
                            model::AuthPolicy::kOff}};
  return snapshot;
}

inline model::Build BuildOf(const model::AppSnapshot& snapshot, int n, const std::string& commit,
                            model::BuildStatus status) {
  model::Build build;
  build.id = IdOf<BuildId>(n);
  build.app = snapshot.app.id;
  build.commit = commit;
  build.build_key = BuildKey(kKey, snapshot.app, commit);
  build.status = status;
  if (status == model::BuildStatus::kSucceeded)
    build.image = {"r:5000/ns/app:b-1", "sha256:" + Sha256Hex(commit), 1};
  return build;
}

}  // namespace ns::plan::testing
