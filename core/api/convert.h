// The nouns of the model as the public API shows them, and back. Secrets have no way out here.
#pragma once

#include <optional>

#include "google/protobuf/timestamp.pb.h"
#include "model/application.h"
#include "model/build.h"
#include "model/repository.h"
#include "model/user.h"
#include "neoshowcase/protobuf/api.pb.h"
#include "neoshowcase/protobuf/types.pb.h"
#include "ports/listing_store.h"

namespace ns::api {

namespace pb = neoshowcase::protobuf;

// 40 lower-case hex characters.
bool IsCommitHash(const std::string& text);

google::protobuf::Timestamp ToProto(Time time);
// Times out of the range of Time are moved to its ends.
Time FromProto(const google::protobuf::Timestamp& time);
// `valid` false for kNever.
pb::NullTimestamp ToNullable(Time time);

pb::User ToProto(const model::User& user, const std::string& avatar_base);
pb::Repository ToProto(const model::Repository& repository);
// Of a static site: the one artifact bears its build's id.
inline constexpr char kArtifactName[] = "website.tar.gz";
pb::Build ToProto(const model::Build& build);
pb::Website ToProto(const model::Website& website);
pb::PortPublication ToProto(const model::PortPublication& port);

pb::Application ToProto(const ports::ListedApp& listed);

// In lower case, with "/" and port 80 where nothing is given; without id, unchecked.
model::Website FromProto(const pb::CreateWebsiteRequest& website);
model::PortPublication FromProto(const pb::PortPublication& port);

template <class Ids>
void AddOwners(const std::vector<UserId>& owners, Ids* out) {
  for (const UserId& owner : owners) out->Add(std::string(owner.str()));
}

}  // namespace ns::api
