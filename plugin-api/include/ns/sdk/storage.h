// Derive from Storage to write where artifacts are kept. The clauses STORAGE-01 to -08 of
// ns/abi/storage.h are yours to keep.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "ns/abi/storage.h"
#include "ns/sdk/bytes.h"
#include "ns/sdk/thunk.h"

namespace ns::sdk {

// What Put is about to be given.
struct Object {
  std::string key;
  uint64_t size = 0;   // bytes
  std::string sha256;  // 64 lower-case hex characters
};

struct ObjectRange {
  std::string key;
  uint64_t offset = 0;
  uint64_t length = NS_STORAGE_TO_THE_END;  // at most
};

struct ObjectInfo {
  std::string key;
  uint64_t size = 0;
};

struct ObjectQuery {
  std::string prefix;
  std::string after;  // the last key of the page before; empty: from the first
  uint32_t limit = 1000;
};

// As ns/abi/storage.h says. What is given to a Storage has been looked at.
bool IsStorageKey(std::string_view key);

// Takes objects, on the calling thread.
class ObjectSink {
 public:
  explicit ObjectSink(ns_object_sink raw) : raw_(raw) {}
  void Put(const ObjectInfo& object) const {
    const ns_object_info info{sizeof(ns_object_info), 0, Str(object.key), object.size};
    ThrowIfStopped(raw_.put(raw_.ctx, &info));
  }

 private:
  ns_object_sink raw_;
};

// Every call may come from several threads at once, for one key too. [any-thread]
class Storage : public Instance {
 public:
  static constexpr const char* kKind = NS_STORAGE;

  // Throw DigestMismatch() where the bytes are others than told; the key is then as before.
  virtual void Put(const Call& call, const Object& object, const ByteSource& bytes) = 0;
  virtual void Get(const Call& call, const ObjectRange& range, const ByteSink& out) = 0;
  virtual ObjectInfo Stat(const Call& call, const std::string& key) = 0;
  virtual void Remove(const Call& call, const std::string& key) = 0;
  virtual void List(const Call& call, const ObjectQuery& query, const ObjectSink& out) = 0;
  // Throws where the storage cannot be used now.
  virtual void Check(const Call& call) = 0;

  template <class T>
  static const void* Table();

 private:
  void PutRaw(const Call& call, const ns_object* raw, ns_source bytes);
  void GetRaw(const Call& call, const ns_object_range* raw, ns_sink out);
  void StatRaw(const Call& call, ns_str key, ns_object_sink out);
  void RemoveRaw(const Call& call, ns_str key);
  void ListRaw(const Call& call, const ns_object_query* raw, ns_object_sink out);
  void CheckRaw(const Call& call) { Check(call); }
};

// The standard failures of a storage.
inline Error ObjectMissing(const std::string& key) {
  return Error(NS_E_NOT_FOUND, NS_REASON_OBJECT_MISSING, "The storage has no " + key + ".");
}
inline Error DigestMismatch(const std::string& key, const std::string& what) {
  return Error(NS_E_INVALID, NS_REASON_DIGEST_MISMATCH,
               "The bytes of " + key + " are not those that were told: " + what + ".",
               Fault::kPlatform);
}
inline Error BeyondTheEnd(const ObjectRange& range, uint64_t size) {
  return Error(NS_E_RANGE, "",
               range.key + " has " + std::to_string(size) + " bytes, and was to be read from " +
                   std::to_string(range.offset) + " on.");
}

inline bool IsStorageKey(std::string_view key) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  if (key.empty() || key.size() > NS_STORAGE_KEY_BYTES) return false;
  for (size_t at = 0; at <= key.size();) {
    const size_t end = std::min(key.find('/', at), key.size());
    const std::string_view name = key.substr(at, end - at);
    if (name.empty() || name.size() > NS_STORAGE_NAME_BYTES || name.front() == '.' ||
        !std::all_of(name.begin(), name.end(), good))
      return false;
    at = end + 1;
  }
  return true;
}

namespace detail {

inline std::string KeyFrom(ns_str raw) {
  std::string key = Text(raw);
  if (!IsStorageKey(key))
    throw Error(NS_E_INVALID, NS_REASON_DEFECT, "The host gave a key that is none.");
  return key;
}

}  // namespace detail

inline void Storage::PutRaw(const Call& call, const ns_object* raw, ns_source bytes) {
  const ns_object& from = detail::Given(raw, NS_HAS(raw, sha256));
  Put(call, {detail::KeyFrom(from.key), from.size, Text(from.sha256)}, ByteSource(bytes));
}

inline void Storage::GetRaw(const Call& call, const ns_object_range* raw, ns_sink out) {
  const ns_object_range& from = detail::Given(raw, NS_HAS(raw, length));
  Get(call, {detail::KeyFrom(from.key), from.offset, from.length}, ByteSink(out));
}

inline void Storage::StatRaw(const Call& call, ns_str key, ns_object_sink out) {
  ObjectSink(out).Put(Stat(call, detail::KeyFrom(key)));
}

inline void Storage::RemoveRaw(const Call& call, ns_str key) { Remove(call, detail::KeyFrom(key)); }

inline void Storage::ListRaw(const Call& call, const ns_object_query* raw, ns_object_sink out) {
  const ns_object_query& from = detail::Given(raw, NS_HAS(raw, after));
  List(call, {Text(from.prefix), Text(from.after), std::clamp<uint32_t>(from.limit, 1, 1000)},
       ObjectSink(out));
}

template <class T>
const void* Storage::Table() {
  static constexpr ns_storage kTable = {sizeof(ns_storage),
                                        0,
                                        &detail::Thunk<&Storage::PutRaw>::Run,
                                        &detail::Thunk<&Storage::GetRaw>::Run,
                                        &detail::Thunk<&Storage::StatRaw>::Run,
                                        &detail::Thunk<&Storage::RemoveRaw>::Run,
                                        &detail::Thunk<&Storage::ListRaw>::Run,
                                        &detail::Thunk<&Storage::CheckRaw>::Run};
  return &kTable;
}

}  // namespace ns::sdk
