// What crosses the pipe between the host and its Git child, which are the same program: one
// request, and back any number of notes and one answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/status.h"
#include "model/repository.h"
#include "ports/git_remote.h"

namespace ns::git {

enum class Operation : uint8_t { kListRefs = 1, kCommits = 2, kCheckout = 3, kHostKey = 4 };

// What becomes of pointers of Git LFS: they stay; they stay and a note says so; their content
// comes.
enum class LfsUse : uint8_t { kLeave = 0, kTell = 1, kFetch = 2 };

struct Request {
  Operation operation = Operation::kListRefs;
  std::string url;
  std::string folder;  // not empty: a bare repository on this disk, instead of the URL
  std::vector<std::string> siblings;  // other such folders, for submodules
  model::GitAuth auth = model::GitAuth::kNone;
  std::string username;
  Secret password, ssh_key;
  std::string mirror;                  // folder of the bare mirror
  std::vector<std::string> host_keys;  // lines of those that the SSH host of `url` may show
  std::string known_hosts;             // file of the keys of hosts without such
  std::string ca_file;
  std::vector<std::string> private_hosts;
  uint64_t memory_limit = 0, mirror_limit = 0, ref_limit = 0, entry_limit = 0;
  std::vector<std::string> hashes;  // kCommits: wanted; kCheckout: the one
  std::string path;                 // kCheckout
  LfsUse lfs = LfsUse::kLeave;      // kCheckout
  uint64_t beside = 0;  // bytes of other mirrors that count against mirror_limit; not sent
};

struct Answer {
  Status status;
  std::vector<model::GitRef> refs;
  std::vector<model::Commit> commits;
  ports::HostKeyLook look;  // kHostKey
};

std::string Encode(Request request);
std::string Encode(Answer answer);
// A line for whoever waits. It stands before the answer.
std::string EncodeNote(std::string_view text);
// Takes the first note off the front of what has come so far; nothing where none is whole there.
std::optional<std::string> TakeNote(std::string& bytes);
// kInvalid for anything but the whole of what Encode gives.
Result<Request> DecodeRequest(const std::string& bytes);
Result<Answer> DecodeAnswer(const std::string& bytes);

}  // namespace ns::git
