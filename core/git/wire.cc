#include "git/wire.h"

#include <cstring>
#include <type_traits>

namespace ns::git {
namespace {

// No answer begins so: its first field is a small number.
constexpr uint64_t kNote = ~uint64_t{0};

// Both walk the fields of a message in one order: numbers as 8 bytes, texts and lists behind their
// length.
class Packer {
 public:
  void Number(uint64_t& value) {
    char bytes[8];
    std::memcpy(bytes, &value, sizeof bytes);
    out_.append(bytes, sizeof bytes);
  }
  void Text(std::string& text) {
    uint64_t size = text.size();
    Number(size);
    out_ += text;
  }
  template <class T>
  uint64_t Count(std::vector<T>& list) {
    uint64_t size = list.size();
    Number(size);
    return size;
  }
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

class Unpacker {
 public:
  explicit Unpacker(const std::string& bytes) : bytes_(bytes) {}
  void Number(uint64_t& value) {
    if (!Has(8)) return;
    std::memcpy(&value, bytes_.data() + at_, 8);
    at_ += 8;
  }
  void Text(std::string& text) {
    uint64_t size = 0;
    Number(size);
    if (!Has(size)) return;
    text = bytes_.substr(at_, size);
    at_ += size;
  }
  template <class T>
  uint64_t Count(std::vector<T>& list) {
    uint64_t size = 0;
    Number(size);
    if (!Has(size)) return 0;  // every item has at least a byte
    list.resize(size);
    return size;
  }
  bool done() const { return good_ && at_ == bytes_.size(); }

 private:
  bool Has(uint64_t size) {
    good_ = good_ && size <= bytes_.size() - at_;
    return good_;
  }

  const std::string& bytes_;
  size_t at_ = 0;
  bool good_ = true;
};

template <class Walker, class Enum>
void Word(Walker& walker, Enum& value) {
  auto number = static_cast<uint64_t>(value);
  walker.Number(number);
  value = static_cast<Enum>(number);
}

template <class Walker>
void Hidden(Walker& walker, Secret& secret) {
  std::string text = secret.Reveal();
  walker.Text(text);
  secret = Secret(std::move(text));
}

template <class Walker>
void Texts(Walker& walker, std::vector<std::string>& list) {
  const uint64_t count = walker.Count(list);
  for (uint64_t i = 0; i < count; ++i) walker.Text(list[i]);
}

template <class Walker>
void Walk(Walker& walker, Request& request) {
  Word(walker, request.operation);
  walker.Text(request.url);
  walker.Text(request.folder);
  Texts(walker, request.siblings);
  Word(walker, request.auth);
  walker.Text(request.username);
  Hidden(walker, request.password);
  Hidden(walker, request.ssh_key);
  walker.Text(request.mirror);
  Texts(walker, request.host_keys);
  walker.Text(request.known_hosts);
  walker.Text(request.ca_file);
  Texts(walker, request.private_hosts);
  walker.Number(request.memory_limit);
  walker.Number(request.mirror_limit);
  walker.Number(request.ref_limit);
  walker.Number(request.entry_limit);
  Texts(walker, request.hashes);
  walker.Text(request.path);
  Word(walker, request.lfs);
}

template <class Walker>
void Walk(Walker& walker, Status& status) {
  Code code = status.code();
  Fault fault = status.fault();
  std::string reason = status.reason(), message = status.message(), details = status.details();
  Word(walker, code);
  Word(walker, fault);
  walker.Text(reason);
  walker.Text(message);
  walker.Text(details);
  status = Status(code, reason, message).SetFault(fault).SetDetails(details);
}

template <class Walker>
void Walk(Walker& walker, model::Commit& commit) {
  int64_t micros = commit.date.time_since_epoch().count();
  walker.Text(commit.hash);
  walker.Text(commit.author);
  Word(walker, micros);
  walker.Text(commit.message);
  commit.date = Time(std::chrono::microseconds(micros));
}

template <class Walker>
void Walk(Walker& walker, Answer& answer) {
  Walk(walker, answer.status);
  const uint64_t refs = walker.Count(answer.refs);
  for (uint64_t i = 0; i < refs; ++i) {
    walker.Text(answer.refs[i].name);
    walker.Text(answer.refs[i].commit);
  }
  const uint64_t commits = walker.Count(answer.commits);
  for (uint64_t i = 0; i < commits; ++i) Walk(walker, answer.commits[i]);
  walker.Text(answer.look.line);
  Walk(walker, answer.look.verdict);
}

template <class Message>
std::string Pack(Message& message) {
  Packer packer;
  Walk(packer, message);
  return packer.Take();
}

template <class Message>
Result<Message> Unpack(const std::string& bytes) {
  Message message;
  Unpacker unpacker(bytes);
  Walk(unpacker, message);
  if (!unpacker.done())
    return Invalid("a message of " + std::to_string(bytes.size()) +
                   " bytes is cut short or damaged");
  return message;
}

}  // namespace

std::string EncodeNote(std::string_view text) {
  Packer packer;
  uint64_t mark = kNote;
  std::string copy(text);
  packer.Number(mark);
  packer.Text(copy);
  return packer.Take();
}

std::optional<std::string> TakeNote(std::string& bytes) {
  uint64_t mark = 0, size = 0;
  if (bytes.size() < 2 * sizeof mark) return std::nullopt;
  std::memcpy(&mark, bytes.data(), sizeof mark);
  std::memcpy(&size, bytes.data() + sizeof mark, sizeof size);
  if (mark != kNote || size > bytes.size() - 2 * sizeof mark) return std::nullopt;
  std::string text = bytes.substr(2 * sizeof mark, size);
  bytes.erase(0, 2 * sizeof mark + size);
  return text;
}

std::string Encode(Request request) { return Pack(request); }
std::string Encode(Answer answer) { return Pack(answer); }
Result<Request> DecodeRequest(const std::string& bytes) { return Unpack<Request>(bytes); }
Result<Answer> DecodeAnswer(const std::string& bytes) { return Unpack<Answer>(bytes); }

}  // namespace ns::git
