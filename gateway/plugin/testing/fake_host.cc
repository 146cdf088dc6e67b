#include "fake_host.h"

#include "ns/sdk/text.h"

namespace ns::gateway {

using sdk::Bytes;
using sdk::Str;
using sdk::Text;
using sdk::View;

struct FakeTable {
  static ns_status Descriptors(const ns_host* host, ns_sink out) noexcept {
    return out.write(out.ctx, Bytes(FakeHost::Of(host).descriptors_));
  }
  static ns_api_request* Invoke(const ns_host* host, const ns_peer* peer, ns_str method,
                                ns_bytes message, int64_t deadline_ns, uint32_t credit,
                                const ns_api_sink* sink) noexcept {
    return FakeHost::MutableOf(host).Begin(peer, Text(method), message, deadline_ns, credit, sink);
  }
  static void Grant(const ns_host* host, ns_api_request* request, uint32_t credit) noexcept {
    FakeHost::MutableOf(host).Grant(request, credit);
  }
  static void Cancel(const ns_host* host, ns_api_request* request) noexcept {
    FakeHost::MutableOf(host).Cancel(request);
  }
  static void RawEntries(const ns_host*, ns_raw_sink out) noexcept {
    const ns_raw_entry hook{
        sizeof(ns_raw_entry), NS_RAW_POST, Str("/api/webhook/"), 1000, NS_RAW_EVERYBODY, 0};
    const ns_raw_entry health{sizeof(ns_raw_entry), NS_RAW_GET, Str("/healthz"), 0,
                              NS_RAW_OPERATORS,     0};
    out.put(out.ctx, &hook);
    out.put(out.ctx, &health);
  }
  static ns_api_request* Raw(const ns_host* host, const ns_peer* peer, ns_str http_method,
                             ns_str path, ns_bytes body, int64_t deadline_ns, uint32_t credit,
                             const ns_api_sink* sink) noexcept {
    return FakeHost::MutableOf(host).Begin(peer, Text(http_method) + " " + Text(path), body,
                                           deadline_ns, credit, sink);
  }
  static const void* Service(const ns_host* host, const char* id) noexcept {
    return std::string(id) == NS_HOST_API ? &FakeHost::Of(host).table_ : nullptr;
  }
};

FakeHost::FakeHost(std::string descriptors) : descriptors_(std::move(descriptors)) {
  raw_.struct_size = sizeof(raw_);
  raw_.host_data = this;
  raw_.service = &FakeTable::Service;
  table_ = {sizeof(table_),
            0,
            &FakeTable::Descriptors,
            &FakeTable::Invoke,
            &FakeTable::Grant,
            &FakeTable::Cancel,
            &FakeTable::RawEntries,
            &FakeTable::Raw,
            nullptr,
            nullptr};
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

FakeHost::~FakeHost() = default;

ns_api_request* FakeHost::Begin(const ns_peer* peer, std::string method, ns_bytes message,
                                int64_t deadline_ns, uint32_t credit, const ns_api_sink* sink) {
  auto request = std::make_shared<Request>();
  request->asked = {std::move(method), std::string(View(message)), peer->has_credentials != 0,
                    peer->uid,         Text(peer->address),        {},
                    deadline_ns};
  for (size_t i = 0; i < peer->header_count; ++i)
    request->asked.headers.emplace(Text(peer->headers[i].name), Text(peer->headers[i].value));
  request->sink = *sink;
  request->credit = credit;
  auto* handle = reinterpret_cast<ns_api_request*>(request.get());
  if (request->asked.method == silent_method) sink->on_metadata(sink->ctx, 0, nullptr, 0);
  std::lock_guard lock(mutex_);
  asked_.push_back(request->asked);
  open_.emplace(handle, request);
  if (request->asked.method == silent_method)
    silent_.emplace(handle, request);
  else
    queue_.push_back(request);
  changed_.notify_all();
  return handle;
}

void FakeHost::Cancel(ns_api_request* handle) {
  std::lock_guard lock(mutex_);
  ++cancelled_;
  if (const auto found = silent_.find(handle); found != silent_.end()) {
    queue_.push_back(found->second);
    silent_.erase(found);
  }
  changed_.notify_all();
}

void FakeHost::Grant(ns_api_request* handle, uint32_t credit) {
  std::lock_guard lock(mutex_);
  const auto found = open_.find(handle);
  if (found == open_.end()) return;
  const auto& request = found->second;
  const bool waited = request->told && request->credit == 0;
  request->credit += credit;
  if (waited) queue_.push_back(request);
  changed_.notify_all();
}

void FakeHost::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [&] { return !queue_.empty(); })) {
    const auto request = queue_.front();
    queue_.pop_front();
    lock.unlock();
    if (!request->told) {
      const bool silent = request->asked.method == silent_method;
      request->told =
          silent
              ? Told{"", sdk::Error(NS_E_CANCELLED, "Cancelled", "Cancelled."), 0, "", {}, {}, {}}
              : handler(request->asked);
    }
    const bool ended = Deliver(*request);
    lock.lock();
    if (ended) open_.erase(reinterpret_cast<ns_api_request*>(request.get()));
    changed_.notify_all();
  }
}

bool FakeHost::Deliver(Request& request) {
  const Told& told = *request.told;
  const auto tell = [&](bool trailing, const sdk::Metadata& metadata) {
    std::vector<ns_header> headers;
    for (const auto& [name, value] : metadata) headers.push_back({Str(name), Str(value)});
    if (!headers.empty())
      request.sink.on_metadata(request.sink.ctx, trailing ? 1 : 0, headers.data(), headers.size());
  };
  if (request.next == 0) tell(false, told.leading);
  for (; !told.more.empty() && request.next < told.more.size(); ++request.next) {
    {
      std::lock_guard lock(mutex_);
      if (request.credit == 0) return false;
      --request.credit;
      ++delivered_;
    }
    request.sink.on_message(request.sink.ctx, Bytes(told.more[request.next]));
  }
  tell(true, told.trailing);
  End(request, told);
  return true;
}

void FakeHost::End(const Request& request, const Told& told) {
  if (!told.error) {
    if (told.more.empty()) request.sink.on_message(request.sink.ctx, Bytes(told.message));
    return request.sink.on_end(request.sink.ctx, nullptr, told.http_status, Str(told.content_type));
  }
  const sdk::Error& error = *told.error;
  const ns_problem problem{sizeof(ns_problem),
                           error.code(),
                           Str(error.reason()),
                           Str(error.message()),
                           NS_FAULT_UNKNOWN,
                           0,
                           0,
                           Bytes(error.details())};
  request.sink.on_end(request.sink.ctx, &problem, 0, Str(""));
}

size_t FakeHost::delivered() const {
  std::lock_guard lock(mutex_);
  return delivered_;
}

std::vector<Asked> FakeHost::asked() const {
  std::lock_guard lock(mutex_);
  return asked_;
}

size_t FakeHost::cancelled() const {
  std::lock_guard lock(mutex_);
  return cancelled_;
}

bool FakeHost::Wait(const std::function<bool()>& so) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(5), so);
}

bool FakeHost::WaitAsked(size_t count) const {
  return Wait([&] { return asked_.size() >= count; });
}

bool FakeHost::WaitCancelled(size_t count) const {
  return Wait([&] { return cancelled_ >= count; });
}

}  // namespace ns::gateway
