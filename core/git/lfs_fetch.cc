#include "git/lfs_fetch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/sha256.h"
#include "git/connections.h"
#include "git/entry_name.h"
#include "git/folder.h"
#include "git/http_client.h"
#include "git/lfs_batch.h"
#include "git/lfs_server.h"

namespace ns::git {
namespace {

using supervise::Fd;

constexpr char kJson[] = "application/vnd.git-lfs+json";
constexpr Duration kNoteEvery = std::chrono::seconds(2);
constexpr int kTries = 3;  // of a download whose connection breaks

std::string SizeText(uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " bytes";
  if (bytes < 1000'000) return std::to_string(bytes / 1000) + " kB";
  return std::to_string(bytes / 1000'000) + " MB";
}

Status Refused(const std::string& path, const std::string& message) {
  return Status(Code::kInvalid, "CheckoutRefused", "the pointer \"" + Shown(path) + "\" " + message)
      .SetFault(Fault::kSource);
}

// What an answer other than 2xx means. `told`: whether it was sent credentials.
Status Explain(const HttpAnswer& answer, const HttpUrl& url, bool told) {
  const std::string words = LfsComplaint(answer.complaint);
  const std::string said =
      "status " + std::to_string(answer.status) + (words.empty() ? "" : ", " + words);
  if (answer.status == 401 || answer.status == 403) {
    return Status(Code::kDenied, "AuthenticationFailed",
                  told ? url.Place() +
                             " refuses the credentials of this repository for Git LFS: " + said
                       : url.Place() +
                             " wants credentials for Git LFS, and gets none: those of a "
                             "repository go to its own host alone (" +
                             said + ")")
        .SetFault(Fault::kOperator);
  }
  if (answer.status == 429 || answer.status >= 500) {
    return Status(Code::kUnavailable, "RemoteUnreachable",
                  "the Git LFS server " + url.Place() + " fails: " + said)
        .SetFault(Fault::kPlatform);
  }
  return LfsRefused(url.Place() + " answers with " + said);
}

// A file at the top that no entry of the tree is named as. Removed unless it is renamed.
class Scratch {
 public:
  // `number`: the last one that was free, since a tree may hold many such names.
  static Result<Scratch> Make(int top, uint64_t& number) {
    for (;; ++number) {
      const std::string name = ".ns-lfs-" + std::to_string(number);
      Fd fd(::openat(top, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
      if (fd) return Scratch(top, name, std::move(fd));
      if (errno != EEXIST) return CannotWrite(name);
    }
  }
  Scratch(Scratch&& other) noexcept
      : top_(other.top_), name_(std::exchange(other.name_, "")), fd_(std::move(other.fd_)) {}
  ~Scratch() {
    if (!name_.empty()) ::unlinkat(top_, name_.c_str(), 0);
  }

  Status Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t done = ::write(fd_.get(), bytes.data(), bytes.size());
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) return CannotWrite(name_);
      bytes.remove_prefix(static_cast<size_t>(done));
    }
    return {};
  }

  Status Clear() {
    const bool good = ::ftruncate(fd_.get(), 0) == 0 && ::lseek(fd_.get(), 0, SEEK_SET) == 0;
    return good ? Status() : CannotWrite(name_);
  }

  Result<Scratch> Copy(uint64_t& number) const {
    NS_ASSIGN(Scratch copy, Make(top_, number));
    std::string chunk(1 << 20, '\0');
    for (off_t at = 0;;) {
      const ssize_t got = ::pread(fd_.get(), chunk.data(), chunk.size(), at);
      if (got < 0) return CannotWrite(name_);
      if (got == 0) return copy;
      NS_TRY(copy.Write({chunk.data(), static_cast<size_t>(got)}));
      at += got;
    }
  }

  // Replaces the pointer.
  Status Become(const LfsFile& file) {
    const size_t slash = file.path.rfind('/');
    const std::string above = slash == std::string::npos ? "" : file.path.substr(0, slash);
    const std::string name = slash == std::string::npos ? file.path : file.path.substr(slash + 1);
    NS_ASSIGN(const Fd folder, OpenBelow(top_, above));
    if (::fchmod(fd_.get(), file.program ? 0755 : 0644) != 0 ||
        ::renameat(top_, name_.c_str(), folder.get(), name.c_str()) != 0)
      return CannotWrite(file.path);
    name_.clear();
    return {};
  }

 private:
  Scratch(int top, std::string name, Fd fd)
      : top_(top), name_(std::move(name)), fd_(std::move(fd)) {}

  int top_;
  std::string name_;
  Fd fd_;
};

class Fetch {
 public:
  Fetch(const Request& request, int top, const std::function<void(const std::string&)>& note)
      : request_(request),
        top_(top),
        note_(note),
        connections_(AddressRules(request.private_hosts)),
        client_(connections_, request.ca_file) {}

  Status Run(std::string_view lfsconfig, const std::vector<LfsFile>& files) {
    NS_TRY(Sort(files));
    NS_TRY(PlaceEmpty());
    if (wanted_.empty()) return {};
    NS_ASSIGN(const LfsServer server, FindLfsServer(request_, lfsconfig));
    for (size_t at = 0; at < wanted_.size(); at += kLfsBatch) {
      const auto begin = wanted_.begin() + static_cast<ptrdiff_t>(at);
      const std::vector<LfsPointer> some(
          begin, begin + static_cast<ptrdiff_t>(std::min(kLfsBatch, wanted_.size() - at)));
      NS_ASSIGN(const auto downloads, Ask(server, some));
      const bool own = !server.secrets.empty();
      for (const LfsPointer& one : some) NS_TRY(Bring(one, downloads.at(one.oid), own));
    }
    Note();
    return {};
  }

 private:
  // Which objects are wanted, and by whom.
  Status Sort(const std::vector<LfsFile>& files) {
    for (const LfsFile& file : files) {
      const LfsPointer& pointer = file.pointer;
      if (!pointer.extension.empty())
        return Refused(file.path, "is of the Git LFS extension \"" + Shown(pointer.extension) +
                                      "\", a program that is not run here; store it without");
      auto& users = users_[pointer.oid];
      if (!users.empty() && users[0]->pointer.size != pointer.size)
        return Refused(file.path, "says another size of its object than \"" +
                                      Shown(users[0]->path) + "\" does");
      if (users.empty() && pointer.size > 0) wanted_.push_back(pointer);
      users.push_back(&file);
    }
    return {};
  }

  // Git LFS stores no object of no bytes.
  Status PlaceEmpty() {
    for (const auto& [oid, users] : users_) {
      if (users[0]->pointer.size > 0) continue;
      if (oid != Sha256Hex(""))
        return Refused(users[0]->path, "says size 0, and its digest is that of something else");
      NS_ASSIGN(Scratch empty, Scratch::Make(top_, scratch_));
      NS_TRY(Place(empty, users));
    }
    return {};
  }

  Result<std::map<std::string, LfsDownload>> Ask(const LfsServer& server,
                                                 const std::vector<LfsPointer>& some) {
    std::string base = server.url.text;
    while (base.ends_with('/')) base.pop_back();
    NS_ASSIGN(HttpUrl url, ParseHttpUrl(base + "/objects/batch"));
    const HttpCall call{url,
                        {std::string("Accept: ") + kJson, std::string("Content-Type: ") + kJson},
                        server.secrets,
                        LfsBatchRequest(some)};
    std::string body;
    NS_ASSIGN(const HttpAnswer answer, client_.Send(call, [&](std::string_view bytes) -> Status {
      if (body.size() + bytes.size() > kMaxLfsAnswer)
        return LfsRefused("its answer is longer than 4 MiB");
      body += bytes;
      return {};
    }));
    if (answer.status == 404)
      return LfsRefused(url.Place() + " has none at " + Shown(base) +
                        "; name it in .lfsconfig under lfs.url, or set git.lfs to false");
    if (answer.status / 100 != 2) return Explain(answer, url, !server.secrets.empty());
    return ParseLfsBatch(body, some);
  }

  // `own`: the server is one that may be told the password.
  Status Bring(const LfsPointer& one, const LfsDownload& download, bool own) {
    NS_ASSIGN(Scratch scratch, Scratch::Make(top_, scratch_));
    const uint64_t before = bytes_;
    Status status;
    for (int i = 0; i < kTries; ++i) {
      bytes_ = before;
      NS_TRY(scratch.Clear());
      status = Download(one, download, own, scratch);
      if (status.code() != Code::kUnavailable) break;
    }
    NS_TRY(status);
    ++objects_;
    return Place(scratch, users_.at(one.oid));
  }

  Status Download(const LfsPointer& one, const LfsDownload& download, bool own, Scratch& scratch) {
    const LfsAction& action = download.action;
    HttpCall call{action.href, {}, action.headers, std::nullopt};
    if (own && !action.authorized && !download.authenticated) {
      for (std::string& line : PasswordFor(request_, action.href))
        call.secrets.push_back(std::move(line));
    }
    Sha256 sum;
    uint64_t got = 0;
    NS_ASSIGN(const HttpAnswer answer, client_.Send(call, [&](std::string_view bytes) -> Status {
      got += bytes.size();
      bytes_ += bytes.size();
      if (got > one.size) return Wrong(one, "more bytes than its pointer says");
      sum.Add(bytes);
      NoteNowAndThen();
      return scratch.Write(bytes);
    }));
    if (answer.status == 404 || answer.status == 410) {
      return Status(Code::kNotFound, "LfsObjectNotFound",
                    action.href.Place() + " does not have the object " + one.oid +
                        "; upload it with \"git lfs push --all\"")
          .SetFault(Fault::kSource);
    }
    if (answer.status / 100 != 2) return Explain(answer, action.href, !call.secrets.empty());
    if (got != one.size) return Wrong(one, "fewer bytes than its pointer says");
    if (sum.FinishHex() != one.oid) return Wrong(one, "bytes of another digest");
    return {};
  }

  static Status Wrong(const LfsPointer& one, const std::string& what) {
    return LfsRefused("for the object " + one.oid + " it sends " + what +
                      "; upload it again with \"git lfs push --all\"");
  }

  Status Place(Scratch& scratch, const std::vector<const LfsFile*>& users) {
    for (size_t i = 1; i < users.size(); ++i) {
      NS_ASSIGN(Scratch copy, scratch.Copy(scratch_));
      NS_TRY(copy.Become(*users[i]));
    }
    return scratch.Become(*users[0]);
  }

  void Note() {
    noted_ = SystemClock().Monotonic();
    note_("LFS: " + std::to_string(objects_) + " of " + std::to_string(wanted_.size()) +
          " objects, " + SizeText(bytes_));
  }
  void NoteNowAndThen() {
    if (SystemClock().Monotonic() - noted_ >= kNoteEvery) Note();
  }

  const Request& request_;
  const int top_;
  const std::function<void(const std::string&)>& note_;
  const Connections connections_;
  HttpClient client_;
  std::map<std::string, std::vector<const LfsFile*>> users_;  // of an object
  std::vector<LfsPointer> wanted_;
  size_t objects_ = 0;
  uint64_t bytes_ = 0, scratch_ = 0;
  Duration noted_ = SystemClock().Monotonic();
};

}  // namespace

Status FetchLfs(const Request& request, std::string_view lfsconfig,
                const std::vector<LfsFile>& files, int top,
                const std::function<void(const std::string&)>& note) {
  return Fetch(request, top, note).Run(lfsconfig, files);
}

}  // namespace ns::git
