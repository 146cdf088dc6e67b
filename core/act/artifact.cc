#include "act/artifact.h"

#include <filesystem>

#include "archive/limits.h"
#include "archive/pack.h"
#include "archive/unpack.h"

namespace ns::act {
namespace {

constexpr char kTar[] = "export.tar", kSite[] = "site", kPacked[] = "website.tar.gz";

// As far as it can be removed: its folder goes later, with all that is in it.
void MakeRoom(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

}  // namespace

Result<std::unique_ptr<ArtifactMaker>> ArtifactMaker::Make(const std::string& path) {
  NS_ASSIGN(SourceFolder folder, SourceFolder::Make(path));
  NS_ASSIGN(archive::OutFile tar, archive::OutFile::Create(folder.path() + "/" + kTar));
  std::error_code error;
  std::filesystem::create_directory(folder.path() + "/" + kSite, error);
  if (error) return archive::CannotWrite(folder.path() + "/" + kSite, error.value());
  return std::unique_ptr<ArtifactMaker>(new ArtifactMaker(std::move(folder), std::move(tar)));
}

Status ArtifactMaker::Take(std::string_view tar) {
  taken_ += tar.size();
  NS_TRY(archive::CheckTarBytes(taken_, {}));
  return tar_->Write(tar);
}

Result<PackedArtifact> ArtifactMaker::Pack() {
  tar_.reset();
  {
    NS_ASSIGN(archive::InFile tar, archive::InFile::Open(Path(kTar)));
    const archive::Source source = [&](char* to, size_t most) { return tar.Read(to, most); };
    NS_TRY(archive::Unpack(source, Path(kSite), archive::Format::kTar).status());
  }
  MakeRoom(Path(kTar));
  NS_ASSIGN(archive::OutFile out, archive::OutFile::Create(Path(kPacked)));
  NS_ASSIGN(const archive::Packed packed,
            archive::Pack(Path(kSite), [&](std::string_view bytes) { return out.Write(bytes); }));
  MakeRoom(Path(kSite));
  return PackedArtifact{Path(kPacked), {packed.size, packed.sha256}, packed.entries};
}

}  // namespace ns::act
