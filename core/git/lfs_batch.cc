#include "git/lfs_batch.h"

#include <simdjson.h>

#include <algorithm>

#include "base/ascii.h"
#include "git/entry_name.h"

namespace ns::git {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

// simdjson reads a document for as long as its parser lives.
class Document {
 public:
  explicit Document(std::string_view text) : good_(!parser_.parse(text).get(root_)) {}
  bool good() const { return good_ && root_.is_object(); }
  const element& root() const { return root_; }

 private:
  simdjson::dom::parser parser_;
  element root_;
  bool good_;
};

// The text at `key`; `otherwise` where there is none or null.
std::string_view TextAt(const element& from, const char* key, std::string_view otherwise = "") {
  std::string_view text;
  return from[key].get(text) == simdjson::SUCCESS ? text : otherwise;
}

bool IsToken(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// Those that belong to the connection are ours to say.
bool IsOurs(const std::string& name) {
  const auto names = {"host",   "connection", "content-length", "transfer-encoding",
                      "te",     "trailer",    "upgrade",        "keep-alive",
                      "expect", "range",      "accept-encoding"};
  return std::find(names.begin(), names.end(), name) != names.end() || name.starts_with("proxy-");
}

Status AddHeader(std::string_view name, std::string_view value, LfsAction& action) {
  if (name.empty() || !std::all_of(name.begin(), name.end(), IsToken))
    return LfsRefused("it wants a header named \"" + Shown(name) + "\" sent, which is no name");
  const auto control = [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f'; };
  if (std::any_of(value.begin(), value.end(), control))
    return LfsRefused("it wants the header " + Shown(name) + " sent with control characters in it");
  if (name.size() + value.size() > kMaxLfsHeader)
    return LfsRefused("it wants the header " + Shown(name) + " sent, which is longer than 16 KiB");
  const std::string lower = Lowered(name);
  if (IsOurs(lower) || value.empty()) return {};
  if (action.headers.size() == kMaxLfsHeaders)
    return LfsRefused("it wants more than " + std::to_string(kMaxLfsHeaders) + " headers sent");
  action.authorized = action.authorized || lower == "authorization";
  action.headers.push_back(std::string(name) + ": " + std::string(value));
  return {};
}

Result<LfsAction> ParseAction(const element& from, std::string_view otherwise) {
  LfsAction action;
  auto href = ParseHttpUrl(TextAt(from, "href", otherwise));
  if (!href.ok()) return LfsRefused("it names a place to fetch from: " + href.status().message());
  action.href = *std::move(href);
  element found;
  if (from["header"].get(found) != simdjson::SUCCESS || found.is_null()) return action;
  object headers;
  if (found.get(headers) != simdjson::SUCCESS) return LfsRefused("its \"header\" is no object");
  for (const auto& field : headers) {
    std::string_view value;
    if (field.value.get(value) != simdjson::SUCCESS)
      return LfsRefused("its header " + Shown(field.key) + " is no text");
    NS_TRY(AddHeader(field.key, value, action));
  }
  return action;
}

Status NotThere(const std::string& name, const element& error) {
  int64_t code = 0;
  if (error["code"].get(code) != simdjson::SUCCESS) code = 0;
  const std::string_view said = TextAt(error, "message", "no reason");
  const std::string message = name + ": error " + std::to_string(code) + ", " + Shown(said);
  if (code != 404 && code != 410) return LfsRefused("it does not give " + message);
  return Status(Code::kNotFound, "LfsObjectNotFound",
                "the Git LFS server does not have " + message +
                    "; upload it with \"git lfs push --all\"")
      .SetFault(Fault::kSource);
}

Result<LfsDownload> ParseObject(const element& one, const LfsPointer& wanted) {
  const std::string name = "the object " + wanted.oid;
  element error;
  if (one["error"].get(error) == simdjson::SUCCESS && !error.is_null())
    return NotThere(name, error);
  uint64_t size = 0;
  if (one["size"].get(size) != simdjson::SUCCESS || size != wanted.size) {
    return LfsRefused("for it " + name + " has not the " + std::to_string(wanted.size) +
                      " bytes that its pointer says");
  }
  element action;
  if (one["actions"]["download"].get(action) != simdjson::SUCCESS || !action.is_object())
    return LfsRefused("it says no way to download " + name);
  LfsDownload download;
  NS_ASSIGN(download.action, ParseAction(action, ""));
  bool done = false;
  download.authenticated = one["authenticated"].get(done) == simdjson::SUCCESS && done;
  return download;
}

const LfsPointer* Find(const std::vector<LfsPointer>& objects, std::string_view oid) {
  const auto found = std::find_if(objects.begin(), objects.end(),
                                  [&](const LfsPointer& one) { return one.oid == oid; });
  return found == objects.end() ? nullptr : &*found;
}

}  // namespace

Status LfsRefused(const std::string& message) {
  return Status(Code::kInvalid, "LfsRefused", "the Git LFS server cannot be used: " + message)
      .SetFault(Fault::kSource);
}

std::string LfsBatchRequest(const std::vector<LfsPointer>& objects) {
  std::string out =
      R"({"operation":"download","transfers":["basic"],"hash_algo":"sha256","objects":[)";
  for (const LfsPointer& one : objects) {
    if (&one != objects.data()) out += ',';
    out += R"({"oid":")" + one.oid + R"(","size":)" + std::to_string(one.size) + "}";
  }
  return out + "]}";
}

Result<std::map<std::string, LfsDownload>> ParseLfsBatch(std::string_view answer,
                                                         const std::vector<LfsPointer>& objects) {
  const Document document(answer);
  if (!document.good()) return LfsRefused("its answer is no JSON object");
  const element& root = document.root();
  if (const auto transfer = TextAt(root, "transfer", "basic");
      transfer != "basic" && transfer != "")
    return LfsRefused("it wants the transfer \"" + Shown(transfer) + "\", and knows no \"basic\"");
  if (const auto hash = TextAt(root, "hash_algo", "sha256"); hash != "sha256" && hash != "")
    return LfsRefused("it names objects by \"" + Shown(hash) + "\", not by SHA-256");
  simdjson::dom::array answers;
  if (root["objects"].get(answers) != simdjson::SUCCESS)
    return LfsRefused("its answer has no list of objects");
  std::map<std::string, LfsDownload> downloads;
  for (const element& one : answers) {
    const std::string_view oid = TextAt(one, "oid");
    const LfsPointer* wanted = Find(objects, oid);
    if (wanted == nullptr)
      return LfsRefused("it answers for the object \"" + Shown(oid) +
                        "\", which was not asked for");
    if (downloads.contains(wanted->oid))
      return LfsRefused("it answers twice for the object " + wanted->oid);
    NS_ASSIGN(downloads[wanted->oid], ParseObject(one, *wanted));
  }
  for (const LfsPointer& one : objects) {
    if (!downloads.contains(one.oid)) return LfsRefused("it says nothing of the object " + one.oid);
  }
  return downloads;
}

Result<LfsAction> ParseLfsAuthentication(std::string_view answer, const std::string& otherwise) {
  const Document document(answer);
  if (!document.good()) return LfsRefused("git-lfs-authenticate does not answer with JSON");
  const std::string_view href = TextAt(document.root(), "href");
  return ParseAction(document.root(), href.empty() ? otherwise : "");
}

std::string LfsComplaint(std::string_view answer) {
  const Document document(answer);
  return document.good() ? Shown(TextAt(document.root(), "message")) : "";
}

}  // namespace ns::git
