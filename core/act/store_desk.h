// The desk of a builder that reaches the store by itself, and what serves builders elsewhere.
#pragma once

#include <functional>

#include "base/secret.h"
#include "ports/build_desk.h"
#include "ports/registry.h"
#include "ports/storage.h"
#include "ports/store.h"

namespace ns::act {

struct DeskKeys {
  Secret build;                        // of the build keys
  Secret ssh;                          // the installation's own, for repositories that have none
  std::string registry_username = {};  // to push images with
  Secret registry_password = {};
  // A remote as the builder can fetch it, where that is not how it is registered; empty: it is.
  std::function<Result<ports::Remote>(ports::Remote)> reach = {};
};

// [any-thread]
class StoreDesk final : public ports::BuildDesk {
 public:
  // `host` is who asks; it is given what is claimed for it and nothing else. `registry` must
  // outlive the desk, as what `store` refers to must.
  // `storage`: of artifacts; null: there is none.
  StoreDesk(const ports::Store& store, const ports::Registry& registry, ports::Storage* storage,
            DeskKeys keys, HostId host);

  Result<std::vector<model::Build>> Claimed(const ports::Call& call) override;
  Result<std::vector<Status>> Renew(const ports::Call& call,
                                    const std::vector<ports::Claim>& claims) override;
  Result<ports::BuildOrder> Order(const ports::Call& call, const ports::Claim& claim) override;
  Result<int64_t> AppendLog(const ports::Call& call, const ports::Claim& claim, int64_t offset,
                            std::string_view bytes) override;
  Status Phase(const ports::Call& call, const ports::Claim& claim, const std::string& phase,
               const std::string& message) override;
  Result<model::Image> PutArtifact(const ports::Call& call, const ports::Claim& claim,
                                   const ports::Digest& digest,
                                   const ports::ObjectSource& bytes) override;
  Status Settle(const ports::Call& call, const ports::Claim& claim,
                const model::BuildResult& result) override;
  Result<std::optional<ports::DetectionOrder>> TakeDetection(const ports::Call& call) override;
  Status AnswerDetection(const ports::Call& call, const ports::DetectionClaim& claim,
                         const ports::DetectionAnswer& answer) override;

 private:
  Result<ports::Remote> RemoteOf(const model::Repository& repository) const;
  Result<model::Build> Held(const ports::Claim& claim);
  Status CheckImage(const ports::Call& call, const ports::Claim& claim, const model::Image& image);
  Status CheckArtifact(const ports::Call& call, const model::Build& build,
                       const model::Image& image);

  const ports::Store store_;
  const ports::Registry& registry_;
  ports::Storage* const storage_;
  const DeskKeys keys_;
  const HostId host_;
};

}  // namespace ns::act
