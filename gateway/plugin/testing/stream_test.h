// A server over real sockets, with a host whose one entry streams.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "ns/abi/host.h"
#include "ns/sdk/text.h"
#include "proto/descriptors.h"
#include "server.h"
#include "testing/h2_frames.h"
#include "testing/raw_client.h"

namespace ns::gateway {

// A host whose one entry streams, led by the test. Holds one request.
class StreamHost {
 public:
  StreamHost() {
    raw_.struct_size = sizeof(raw_);
    raw_.host_data = this;
    raw_.service = [](const ns_host* host, const char* id) noexcept -> const void* {
      return std::string(id) == NS_HOST_API ? &Of(host).table_ : nullptr;
    };
    table_.struct_size = sizeof(table_);
    table_.descriptors = [](const ns_host*, ns_sink out) noexcept -> ns_status {
      return out.write(out.ctx, sdk::Bytes(proto::DescriptorSet()));
    };
    table_.raw_entries = [](const ns_host*, ns_raw_sink out) noexcept {
      const ns_raw_entry entry{sizeof(ns_raw_entry), NS_RAW_POST | NS_RAW_GET | NS_RAW_STREAM,
                               sdk::Str("/git/"),    int64_t{1} << 30,
                               NS_RAW_EVERYBODY,     0};
      out.put(out.ctx, &entry);
    };
    table_.raw_begin = [](const ns_host* host, const ns_peer*, ns_str, ns_str, int64_t, uint32_t,
                          const ns_api_sink* sink) noexcept -> ns_api_request* {
      StreamHost& self = Of(host);
      const std::lock_guard lock(self.mutex_);
      self.sink_ = *sink;
      self.begun_ = true;
      self.changed_.notify_all();
      return reinterpret_cast<ns_api_request*>(&self);
    };
    table_.send = [](const ns_host* host, ns_api_request*, ns_bytes piece, int32_t last) noexcept {
      StreamHost& self = Of(host);
      const std::lock_guard lock(self.mutex_);
      self.body_ += sdk::View(piece);
      self.last_ = last != 0;
      self.changed_.notify_all();
    };
    table_.grant = [](const ns_host*, ns_api_request*, uint32_t) noexcept {};
    table_.cancel = [](const ns_host* host, ns_api_request*) noexcept {
      StreamHost& self = Of(host);
      const std::lock_guard lock(self.mutex_);
      self.cancelled_ = true;
      self.changed_.notify_all();
    };
  }
  const ns_host* raw() const { return &raw_; }

  bool WaitBegun() {
    return Wait([this] { return begun_; });
  }
  bool WaitCancelled() {
    return Wait([this] { return cancelled_; });
  }
  bool WaitBody(size_t size) {
    return Wait([this, size] { return body_.size() >= size; });
  }
  bool WaitLast() {
    return Wait([this] { return last_; });
  }
  std::string body() {
    const std::lock_guard lock(mutex_);
    return body_;
  }
  void Want(uint64_t bytes) { sink_.on_want(sink_.ctx, bytes); }
  void Open(const char* status = "200") {
    const ns_header headers[] = {{sdk::Str(":status"), sdk::Str(status)},
                                 {sdk::Str("content-type"), sdk::Str("application/x-test")}};
    sink_.on_metadata(sink_.ctx, 0, headers, 2);
  }
  void Message(const std::string& bytes) { sink_.on_message(sink_.ctx, sdk::Bytes(bytes)); }
  void End(int32_t status = 0) { sink_.on_end(sink_.ctx, nullptr, status, sdk::Str("")); }
  void Fail() {
    const ns_problem problem{sizeof(ns_problem),
                             NS_E_UNAVAILABLE,
                             sdk::Str(""),
                             sdk::Str("It failed."),
                             NS_FAULT_UNKNOWN,
                             0,
                             0,
                             sdk::Bytes("")};
    sink_.on_end(sink_.ctx, &problem, 0, sdk::Str(""));
  }

 private:
  static StreamHost& Of(const ns_host* host) { return *static_cast<StreamHost*>(host->host_data); }
  bool Wait(const std::function<bool()>& so) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(5), so);
  }

  ns_host raw_{};
  ns_host_api table_{};
  std::mutex mutex_;
  std::condition_variable changed_;
  ns_api_sink sink_{};
  std::string body_;
  bool begun_ = false, last_ = false, cancelled_ = false;
};

class StreamTest : public testing::Test {
 protected:
  StreamTest() { listening_ = ListenOnLoopback(port_); }
  ~StreamTest() override {
    server_.reset();
    ::close(listening_);
  }
  void Start() {
    settings_.threads = 1;
    server_ = std::make_unique<Server>(sdk::Host(host_.raw()), settings_);
    server_->Listen({{listening_, "127.0.0.1"}});
  }
  static std::string Head(const std::string& framing) {
    return "POST /git/shop.git/git-receive-pack HTTP/1.1\r\nHost: x\r\n" + framing + "\r\n\r\n";
  }

  // Connections end soon once they have no more to do.
  void StartShort() {
    settings_.http.idle_time = std::chrono::seconds(1);
    Start();
  }
  static std::string AskedByHttp2() {
    return Opening() + Frame(kHeaders, kEndHeaders | kEndStream, 1,
                             PostBlock("/git/shop.git/git-receive-pack"));
  }
  // The bytes of the answer's body, and whether it ended.
  static std::pair<std::string, bool> DataOf(RawClient& client) {
    std::pair<std::string, bool> out;
    for (const H2Frame& frame : FramesIn(client.Rest())) {
      if (frame.stream != 1) continue;
      EXPECT_TRUE(frame.type == kHeaders || frame.type == kData) << int{frame.type};
      if (frame.type == kData) out.first += frame.payload;
      out.second = (frame.flags & kEndStream) != 0;
    }
    return out;
  }
  static void ExpectHeadAlone(RawClient& client) {
    EXPECT_EQ(DataOf(client), std::pair(std::string(), true));
  }

  StreamHost host_;
  Settings settings_;
  int port_ = 0, listening_ = -1;
  std::unique_ptr<Server> server_;
};

}  // namespace ns::gateway
