#include "sources.h"

#include <algorithm>

#include "base/crypto.h"

namespace ns::sim {

std::string GitWorld::Head(const std::string& url, const std::string& ref) const {
  const auto refs = refs_.find(url);
  if (refs == refs_.end()) return model::kNoCommit;
  const auto found = refs->second.find(ref);
  return found == refs->second.end() ? model::kNoCommit : found->second;
}

CommitFacts GitWorld::Facts(const std::string& hash) const {
  const auto found = commits_.find(hash);
  return found == commits_.end() ? CommitFacts() : found->second;
}

Result<std::vector<model::GitRef>> GitPort::ListRefs(const ports::Call&,
                                                     const ports::Remote& remote) {
  std::vector<model::GitRef> refs;
  for (const auto& [name, commit] : world_.Refs(remote.url)) refs.push_back({name, commit});
  return refs;
}

Result<std::vector<model::Commit>> GitPort::Commits(const ports::Call&, const ports::Remote&,
                                                    const std::vector<std::string>& hashes) {
  std::vector<model::Commit> commits;
  for (const std::string& hash : hashes) {
    if (world_.Knows(hash)) commits.push_back({hash, "someone", kNever, "a change"});
  }
  return commits;
}

Status GitPort::Checkout(const ports::Call&, const ports::Remote&, const std::string& commit,
                         const std::string& path, const ports::LargeFiles&) {
  if (!world_.Knows(commit)) return Status(Code::kNotFound, "CommitNotFound", "no such commit");
  disk_[path] = commit;
  return Status();
}

std::string RegistryWorld::Push(const std::string& reference, ImageFacts facts) {
  const std::string digest = "sha256:" + Sha256Hex(reference + "#" + std::to_string(++pushed_));
  tags_[facts.app][reference.substr(reference.rfind(':') + 1)] = digest;
  facts_[digest] = std::move(facts);
  return digest;
}

const ImageFacts* RegistryWorld::Find(const std::string& digest) const {
  const auto found = facts_.find(digest);
  return found == facts_.end() ? nullptr : &found->second;
}

std::optional<model::Image> RegistryWorld::OfAnother(const std::string& app) const {
  for (const auto& [owner, tags] : tags_) {
    if (owner == app || tags.empty()) continue;
    const auto& [tag, digest] = *tags.begin();
    return model::Image{RepositoryFor(AppId(owner)) + ":" + tag, digest, 1};
  }
  return std::nullopt;
}

bool RegistryWorld::HasAny(const std::string& app) const {
  const auto found = tags_.find(app);
  return found != tags_.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [this](const auto& tag) { return !facts_.at(tag.second).late; });
}

bool RegistryWorld::Has(const std::string& app, const std::string& digest) const {
  const auto found = tags_.find(app);
  return found != tags_.end() && std::any_of(found->second.begin(), found->second.end(),
                                             [&](const auto& tag) { return tag.second == digest; });
}

Result<std::string> RegistryWorld::Digest(const ports::Call&, const AppId& app,
                                          const std::string& tag) {
  const auto& tags = tags_[app.str()];
  const auto found = tags.find(tag);
  if (found == tags.end()) return NotFound("no such tag");
  return found->second;
}

Result<std::vector<std::string>> RegistryWorld::Tags(const ports::Call&, const AppId& app) {
  std::vector<std::string> tags;
  for (const auto& [tag, digest] : tags_[app.str()]) tags.push_back(tag);
  return tags;
}

Status RegistryWorld::Delete(const ports::Call&, const AppId& app, const std::string& digest) {
  ++deletions;
  if (deletes) deletes(app.str(), digest);
  std::erase_if(tags_[app.str()], [&](const auto& tag) { return tag.second == digest; });
  return Status();
}

}  // namespace ns::sim
