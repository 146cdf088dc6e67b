// ns.storage/1 as ports::Storage.
#include "ports/storage.h"

#include <set>
#include <utility>

#include "model/storage_key.h"
#include "ns/abi/reasons.h"
#include "ns/abi/storage.h"
#include "ns/sdk/text.h"
#include "plugin/adapters.h"
#include "plugin/text.h"

namespace ns::plugin {
namespace {

// What a source or a sink of ours said, while the plugin only hears that it shall stop.
struct Ours {
  Status failed;

  ns_status Keep(Status status) {
    failed = std::move(status);
    return static_cast<ns_status>(failed.code());
  }
  // What the call came to. A plugin that was told to stop has no reason of its own.
  ns_status Explain(const ns_call* call, ns_status returned) const {
    if (returned == NS_OK || failed.ok()) return returned;
    ns_problem problem{};
    problem.struct_size = sizeof(problem);
    problem.code = returned;
    problem.message = sdk::Str(failed.message().empty() ? "stopped" : failed.message());
    call->fail(call, &problem);
    return returned;
  }
};

struct Feed : Ours {
  explicit Feed(const ports::ObjectSource& from) : source(from) {}
  const ports::ObjectSource& source;

  static ns_status Read(void* ctx, uint8_t* to, size_t most, size_t* got) noexcept {
    auto& feed = *static_cast<Feed*>(ctx);
    Result<size_t> given = feed.source(reinterpret_cast<char*>(to), most);
    *got = given.ok() ? *given : 0;
    return given.ok() ? NS_OK : feed.Keep(given.status());
  }
};

struct Drain : Ours {
  explicit Drain(const ports::ObjectSink& to) : sink(to) {}
  const ports::ObjectSink& sink;

  static ns_status Write(void* ctx, ns_bytes bytes) noexcept {
    auto& drain = *static_cast<Drain*>(ctx);
    Status taken = drain.sink(sdk::View(bytes));
    return taken.ok() ? NS_OK : drain.Keep(std::move(taken));
  }
};

struct Objects {
  std::vector<ports::ObjectInfo> found;

  static ns_status Put(void* ctx, const ns_object_info* object) noexcept {
    if (!NS_HAS(object, size)) return NS_E_INVALID;
    static_cast<Objects*>(ctx)->found.push_back(
        {CleanText(sdk::View(object->key), 1024), object->size});
    return NS_OK;
  }
};

Status CheckKey(const std::string& key) {
  if (model::IsStorageKey(key)) return {};
  return Invalid("\"" + CleanText(key, 600) +
                 "\" is no key of a storage: names of [a-z0-9._-] with "
                 "'/' in between, none beginning with '.', at most 512 bytes");
}

class TableStorage final : public ports::Storage {
 public:
  explicit TableStorage(Instance& instance)
      : instance_(instance), table_(*static_cast<const ns_storage*>(instance.interface())) {}

  Status Put(const ports::Call& call, const std::string& key, const ports::Digest& digest,
             const ports::ObjectSource& bytes) override {
    NS_TRY(CheckKey(key));
    const ns_object object{sizeof(ns_object), 0, sdk::Str(key), digest.size,
                           sdk::Str(digest.sha256)};
    Feed feed(bytes);
    const Status status = instance_.Run("put", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return feed.Explain(raw, table_.put(plugin, raw, &object, {&feed, &Feed::Read}));
    });
    return feed.failed.ok() ? status : feed.failed;
  }

  Status Get(const ports::Call& call, const std::string& key, const ports::ObjectRange& range,
             const ports::ObjectSink& out) override {
    NS_TRY(CheckKey(key));
    const ns_object_range wanted{sizeof(ns_object_range), 0, sdk::Str(key), range.offset,
                                 range.length};
    Drain drain(out);
    const Status status = instance_.Run("get", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return drain.Explain(raw, table_.get(plugin, raw, &wanted, {&drain, &Drain::Write}));
    });
    return drain.failed.ok() ? status : drain.failed;
  }

  Result<ports::ObjectInfo> Stat(const ports::Call& call, const std::string& key) override {
    NS_TRY(CheckKey(key));
    Objects objects;
    NS_TRY(instance_.Run("stat", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return table_.stat(plugin, raw, sdk::Str(key), {&objects, &Objects::Put});
    }));
    if (objects.found.size() != 1 || objects.found[0].key != key)
      return Defect("succeeded in `stat` without the object");
    return objects.found[0];
  }

  Status Remove(const ports::Call& call, const std::string& key) override {
    NS_TRY(CheckKey(key));
    return instance_.Run("remove", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return table_.remove(plugin, raw, sdk::Str(key));
    });
  }

  Result<std::vector<ports::ObjectInfo>> List(const ports::Call& call,
                                              const ports::ObjectQuery& query) override {
    const ns_object_query raw_query{sizeof(ns_object_query), query.limit, sdk::Str(query.prefix),
                                    sdk::Str(query.after)};
    Objects objects;
    NS_TRY(instance_.Run("list", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return table_.list(plugin, raw, &raw_query, {&objects, &Objects::Put});
    }));
    return Checked(query, std::move(objects.found));
  }

  Status Check(const ports::Call& call) override {
    return instance_.Run("check", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return table_.check(plugin, raw);
    });
  }

 private:
  // Somebody removes by what is listed: what breaks the rules is not believed.
  Result<std::vector<ports::ObjectInfo>> Checked(const ports::ObjectQuery& query,
                                                 std::vector<ports::ObjectInfo> found) {
    std::set<std::string> seen = {query.after};
    for (const ports::ObjectInfo& object : found) {
      if (!model::IsStorageKey(object.key) || !object.key.starts_with(query.prefix))
        return Defect("listed " + object.key + ", which was not asked for");
      if (!seen.insert(object.key).second) return Defect("listed " + object.key + " twice");
    }
    if (found.size() > query.limit) return Defect("listed more than was asked for");
    return found;
  }

  Status Defect(const std::string& what) const {
    return {Code::kInternal, NS_REASON_DEFECT, "storage " + instance_.name() + " " + what};
  }

  Instance& instance_;
  const ns_storage& table_;
};

}  // namespace

std::unique_ptr<ports::Storage> MakeStorage(Instance& instance) {
  return std::make_unique<TableStorage>(instance);
}

}  // namespace ns::plugin
