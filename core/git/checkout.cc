#include "git/checkout.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <set>

#include "base/crypto.h"
#include "git/attributes.h"
#include "git/entry_name.h"
#include "git/folder.h"
#include "git/gitmodules.h"
#include "git/submodule_url.h"
#include "git/tree_writer.h"
#include "model/received.h"
#include "ports/git_remote.h"

namespace ns::git {
namespace {

namespace fs = std::filesystem;
using supervise::Fd;

constexpr int kMaxNesting = 5;
constexpr size_t kMaxModules = 100;

// One commit of one repository that goes to one folder.
struct Part {
  std::string path;  // below the top; "" is the top
  std::string url, commit;
  int nesting = 0;  // submodules around it
};

Status TooMany(const std::string& message) {
  return Status(Code::kExhausted, "LimitExceeded", "the source is too large: " + message)
      .SetFault(Fault::kSource);
}

Result<Fd> OpenEmpty(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd)
    return Unavailable("cannot write " + path + ": " + ::strerrordesc_np(errno))
        .SetFault(Fault::kPlatform);
  if (!fs::is_empty(path, error))
    return Status(Code::kPrecondition, "the folder " + path + " is not empty");
  return fd;
}

// The text of the file `name` at the top of the commit; nothing without one.
Result<std::string> TopFile(git_repository* repository, git_commit* commit,
                            const std::string& name) {
  git_tree* raw = nullptr;
  if (git_commit_tree(&raw, commit) != 0) return CheckoutRefused(Shown(LastMessage()));
  const TreeHandle tree(raw);
  for (size_t i = 0; i < git_tree_entrycount(tree.get()); ++i) {
    const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
    if (git_tree_entry_name(entry) != name) continue;
    git_blob* blob = nullptr;
    const git_filemode_t mode = git_tree_entry_filemode(entry);
    const bool file = mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_BLOB_EXECUTABLE;
    if (!file || git_blob_lookup(&blob, repository, git_tree_entry_id(entry)) != 0)
      return CheckoutRefused(name + " is no file");
    const BlobHandle owner(blob);
    return std::string(static_cast<const char*>(git_blob_rawcontent(blob)),
                       static_cast<size_t>(git_blob_rawsize(blob)));
  }
  return std::string();
}

// What the owner of the source can mend is the source's fault: its .gitmodules names the remote.
Status OfModule(const std::string& path, Status status) {
  const Code code = status.code();
  if (code == Code::kInvalid || code == Code::kNotFound || code == Code::kDenied ||
      code == Code::kExhausted) {
    status.SetFault(Fault::kSource);
  }
  return status.Prefixed("submodule \"" + Shown(path) + "\"");
}

class Checkout {
 public:
  Checkout(const Request& request, const std::function<void(const std::string&)>& note)
      : request_(request), note_(note), writer_(request.mirror_limit, request.entry_limit) {}

  Status Run(Mirror& mirror) {
    NS_ASSIGN(top_, OpenEmpty(request_.path));
    const std::string commit = request_.hashes.empty() ? "" : request_.hashes[0];
    NS_TRY(Fill(request_, mirror, {"", request_.url, commit, 0}));
    while (!waiting_.empty()) {
      const Part part = std::move(waiting_.front());
      waiting_.pop_front();
      const Status status = FillModule(part);
      if (!status.ok()) return OfModule(part.path, status);
    }
    return {};
  }

 private:
  Status FillModule(const Part& part) {
    const std::string modules = request_.mirror + "/modules";
    std::error_code error;
    fs::create_directories(modules, error);
    Request request = request_;
    request.url = part.url;
    request.folder = FolderOf(part.url);
    request.mirror = modules + "/" + Sha256Hex(part.url).substr(0, 32) + ".git";
    request.hashes = {part.commit};
    if (!SameOrigin(part.url, request_.url)) {
      request.auth = model::GitAuth::kNone;
      request.username.clear();
      request.password = request.ssh_key = Secret();
      request.host_keys.clear();
    }
    used_.insert(request.mirror);
    request.beside = FolderSize(request_.mirror) - FolderSize(request.mirror);
    NS_ASSIGN(Mirror mirror, Mirror::Open(request));
    Status brought = mirror.Bring();
    if (brought.code() == Code::kExhausted && RemoveUnused(modules)) {
      request.beside = FolderSize(request_.mirror) - FolderSize(request.mirror);
      brought = mirror.Bring();
    }
    return brought.ok() ? Fill(request, mirror, part) : brought;
  }

  // Whether there were mirrors that this checkout has not needed so far.
  bool RemoveUnused(const std::string& modules) const {
    bool any = false;
    std::error_code error;
    for (fs::directory_iterator at(modules, error), end; !error && at != end; at.increment(error)) {
      std::error_code ignored;
      if (used_.contains(at->path()) || !at->is_directory(ignored)) continue;
      any = fs::remove_all(at->path(), ignored) > 0 || any;
    }
    return any;
  }

  // `request` is the part's own. A mirror that lacks an object is made anew once: it may have lost
  // it. What is then still missing the remote does not have.
  Status Fill(const Request& request, Mirror& mirror, const Part& part) {
    const TreeWriter::Counted before = writer_.counted();
    Left left;
    Status status = Write(mirror, part, left);
    if (writer_.damaged()) {
      NS_TRY(mirror.Restore());
      NS_TRY(EmptyPart(part));
      writer_.CountFrom(before);
      left = Left();
      status = Write(mirror, part, left);
    }
    NS_TRY(status);
    const CommitHandle commit = FindCommit(mirror.repository(), part.commit);
    NS_TRY(EnqueueModules(mirror.repository(), commit.get(), part, left.gitlinks));
    if (request_.lfs == LfsUse::kLeave) return {};
    return FillPointers(request, mirror.repository(), commit.get(), part, left.pointers);
  }

  Status EmptyPart(const Part& part) const {
    std::error_code error, ignored;
    for (fs::directory_iterator at(request_.path + "/" + part.path, error), end;
         !error && at != end; at.increment(error))
      fs::remove_all(at->path(), ignored);
    return {};
  }

  Status Write(Mirror& mirror, const Part& part, Left& left) {
    const CommitHandle commit = FindCommit(mirror.repository(), part.commit);
    if (!commit) {
      return Status(Code::kNotFound, "CommitNotFound",
                    "no branch and no tag of the remote has the commit " + Shown(part.commit))
          .SetFault(Fault::kSource);
    }
    NS_ASSIGN(const Fd folder, OpenBelow(top_.get(), part.path));
    return writer_.Write(mirror.repository(), commit.get(), folder.get(), part.path, left);
  }

  Status EnqueueModules(git_repository* repository, git_commit* commit, const Part& part,
                        const std::vector<Gitlink>& gitlinks) {
    if (gitlinks.empty()) return {};
    NS_ASSIGN(const std::string text, TopFile(repository, commit, ".gitmodules"));
    NS_ASSIGN(const auto urls, ParseGitmodules(text));
    for (const Gitlink& gitlink : gitlinks) {
      const auto found = urls.find(Within(part, gitlink.path));
      if (found == urls.end()) continue;
      const Status status = Enqueue(part, gitlink, found->second);
      if (!status.ok()) return OfModule(gitlink.path, status);
    }
    if (needed_.empty()) return {};
    return Status(Code::kNotFound, ports::kSubmoduleBeside,
                  "submodules are repositories of the platform that are not at hand")
        .SetDetails(needed_);
  }

  // Of a repository that was pushed to this machine; empty: it is not at hand, or none such.
  std::string FolderOf(const std::string& url) const {
    const auto found = std::ranges::find(request_.siblings, url, UrlOfFolder);
    return found == request_.siblings.end() ? "" : *found;
  }

  Status FillPointers(const Request& request, git_repository* repository, git_commit* commit,
                      const Part& part, std::vector<LfsFile>& pointers) {
    std::erase_if(pointers, [&](const LfsFile& file) {
      return !IsInLfs(repository, commit, Within(part, file.path));
    });
    if (pointers.empty()) return {};
    if (request_.lfs == LfsUse::kTell) {
      note_("LFS: " + std::to_string(pointers.size()) +
            " files are pointers, since git.lfs is false on this builder");
      return {};
    }
    for (const LfsFile& file : pointers) NS_TRY(writer_.Count(file.pointer.size, file.path));
    NS_ASSIGN(const std::string config, TopFile(repository, commit, ".lfsconfig"));
    return FetchLfs(request, config, pointers, top_.get(), note_);
  }

  // A path below the top as one below the part.
  static std::string Within(const Part& part, const std::string& path) {
    return path.substr(part.path.empty() ? 0 : part.path.size() + 1);
  }

  Status Enqueue(const Part& part, const Gitlink& gitlink, const std::string& text) {
    const auto url = ResolveSubmoduleUrl(part.url, text);
    if (!url.ok()) return CheckoutRefused(url.status().message());
    if (part.nesting == kMaxNesting)
      return TooMany("submodules are nested more than " + std::to_string(kMaxNesting) + " deep");
    if (++modules_ > kMaxModules)
      return TooMany("it has more than " + std::to_string(kMaxModules) + " submodules");
    const auto received = model::ReceivedName(*url);
    if (received && FolderOf(*url).empty()) {
      needed_ += *received + "\n";
      return {};
    }
    waiting_.push_back({gitlink.path, *url, gitlink.commit, part.nesting + 1});
    return {};
  }

  const Request& request_;
  const std::function<void(const std::string&)>& note_;
  TreeWriter writer_;
  Fd top_;
  std::deque<Part> waiting_;
  std::set<std::string> used_;  // mirrors of submodules
  size_t modules_ = 0;
  std::string needed_;  // names of repositories of the platform, one a line
};

}  // namespace

Status WriteCheckout(const Request& request, Mirror& mirror,
                     const std::function<void(const std::string&)>& note) {
  return Checkout(request, note).Run(mirror);
}

}  // namespace ns::git
