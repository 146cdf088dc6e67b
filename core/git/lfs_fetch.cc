#include "git/lfs_fetch.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/sha256.h"
#include "git/connections.h"
#include "git/entry_name.h"
#include "git/http_client.h"
#include "git/lfs_batch.h"
#include "git/lfs_server.h"
#include "git/scratch.h"

namespace ns::git {
namespace {

constexpr char kJson[] = "application/vnd.git-lfs+json";
constexpr Duration kNoteEvery = std::chrono::seconds(2);
constexpr int kTries = 3;  // of a download whose connection breaks

mode_t ModeOf(const LfsFile& file) { return file.program ? 0755 : 0644; }

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
      NS_TRY(Bring(some, downloads, !server.secrets.empty()));
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

  // One object on its way.
  struct Incoming {
    const LfsPointer& one;
    HttpCall call;
    Scratch scratch;
    Sha256 sum;
    uint64_t got = 0;  // bytes
    int tries = 0;
  };
  using Queue = std::deque<std::shared_ptr<Incoming>>;

  // Several at once. `own`: the server is one that may be told the password.
  Status Bring(const std::vector<LfsPointer>& some,
               const std::map<std::string, LfsDownload>& downloads, bool own) {
    Queue again;
    auto next = some.begin();
    return client_.SendAll([&]() -> Result<std::optional<HttpJob>> {
      std::shared_ptr<Incoming> incoming;
      if (!again.empty()) {
        incoming = std::move(again.front());
        again.pop_front();
      } else if (next != some.end()) {
        NS_ASSIGN(Scratch scratch, Scratch::Make(top_, scratch_));
        HttpCall call = CallFor(downloads.at(next->oid), own);
        incoming = std::make_shared<Incoming>(
            Incoming{*next++, std::move(call), std::move(scratch), Sha256(), 0, 0});
      } else {
        return std::optional<HttpJob>();
      }
      return std::optional(JobFor(incoming, again));
    });
  }

  HttpCall CallFor(const LfsDownload& download, bool own) const {
    const LfsAction& action = download.action;
    HttpCall call{action.href, {}, action.headers, std::nullopt};
    if (own && !action.authorized && !download.authenticated) {
      for (std::string& line : PasswordFor(request_, action.href))
        call.secrets.push_back(std::move(line));
    }
    return call;
  }

  // Goes to `again` where the connection breaks.
  HttpJob JobFor(const std::shared_ptr<Incoming>& incoming, Queue& again) {
    return {incoming->call,
            [this, incoming](std::string_view bytes) { return Take(*incoming, bytes); },
            [this, incoming, &again](const Result<HttpAnswer>& answer) -> Status {
              const Status status = Finish(*incoming, answer);
              if (status.code() != Code::kUnavailable || ++incoming->tries == kTries) return status;
              again.push_back(incoming);
              return StartAgain(*incoming);
            }};
  }

  Status Take(Incoming& incoming, std::string_view bytes) {
    incoming.got += bytes.size();
    bytes_ += bytes.size();
    if (incoming.got > incoming.one.size)
      return Wrong(incoming.one, "more bytes than its pointer says");
    incoming.sum.Add(bytes);
    NoteNowAndThen();
    return incoming.scratch.Write(bytes);
  }

  Status StartAgain(Incoming& incoming) {
    bytes_ -= incoming.got;
    incoming.got = 0;
    incoming.sum = Sha256();
    return incoming.scratch.Clear();
  }

  Status Finish(Incoming& incoming, const Result<HttpAnswer>& answer) {
    if (!answer.ok()) return answer.status();
    const LfsPointer& one = incoming.one;
    const HttpCall& call = incoming.call;
    if (answer->status == 404 || answer->status == 410) {
      return Status(Code::kNotFound, "LfsObjectNotFound",
                    call.url.Place() + " does not have the object " + one.oid +
                        "; upload it with \"git lfs push --all\"")
          .SetFault(Fault::kSource);
    }
    if (answer->status / 100 != 2) return Explain(*answer, call.url, !call.secrets.empty());
    if (incoming.got != one.size) return Wrong(one, "fewer bytes than its pointer says");
    if (incoming.sum.FinishHex() != one.oid) return Wrong(one, "bytes of another digest");
    ++objects_;
    return Place(incoming.scratch, users_.at(one.oid));
  }

  static Status Wrong(const LfsPointer& one, const std::string& what) {
    return LfsRefused("for the object " + one.oid + " it sends " + what +
                      "; upload it again with \"git lfs push --all\"");
  }

  Status Place(Scratch& scratch, const std::vector<const LfsFile*>& users) {
    for (size_t i = 1; i < users.size(); ++i) {
      NS_ASSIGN(Scratch copy, scratch.Copy(scratch_));
      NS_TRY(copy.Become(users[i]->path, ModeOf(*users[i])));
    }
    return scratch.Become(users[0]->path, ModeOf(*users[0]));
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
