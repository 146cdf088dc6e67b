// Streams of changes, for the tests of this folder.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "api/api_world.h"
#include "neoshowcase/platform/v1/watch.pb.h"

namespace ns::api {

using own_pb::WatchRequest;
using own_pb::WatchResponse;
using Texts = std::vector<std::string>;

class WatchTest : public ApiWorld {
 protected:
  Result<std::unique_ptr<Stream>> Open(const Peer& peer, const WatchRequest& in,
                                       Dispatcher* with = nullptr) {
    return (with != nullptr ? with : dispatcher.operator->())
        ->Open({}, peer, std::string(kWatchService) + "Watch", in.SerializeAsString());
  }
  static std::vector<WatchResponse> Look(Stream& stream) {
    const auto piece = stream.Next({});
    EXPECT_TRUE(piece.ok()) << piece.status().ToString();
    std::vector<WatchResponse> out;
    if (!piece.ok()) return out;
    for (const std::string& bytes : piece->messages)
      EXPECT_TRUE(out.emplace_back().ParseFromString(bytes));
    return out;
  }
  // Looks until `enough` of what came, or some seconds.
  template <class Enough>
  static std::vector<WatchResponse> Until(Stream& stream, Enough enough) {
    std::vector<WatchResponse> out;
    for (int i = 0; i < 2000 && !enough(out); ++i) {
      auto more = Look(stream);
      if (more.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
      std::ranges::move(more, std::back_inserter(out));
    }
    EXPECT_TRUE(enough(out)) << out.size() << " messages";
    return out;
  }
  static size_t EventsIn(const std::vector<WatchResponse>& messages) {
    size_t count = 0;
    for (const auto& message : messages) count += message.application().events_size();
    return count;
  }
  static bool Synced(const std::vector<WatchResponse>& messages) {
    return !messages.empty() && messages.back().has_synced();
  }
  std::unique_ptr<Stream> Begin(const Peer& peer, WatchRequest in = {}) {
    in.set_without_initial(true);
    auto stream = Open(peer, in).value();
    last = Until(*stream, Synced).back();
    return stream;
  }
  static Texts KindsOf(const WatchResponse& message) {
    Texts out;
    for (const auto& event : message.application().events()) out.push_back(event.kind());
    return out;
  }
  api_pb::Application MakeNamed(const Peer& owner, const std::string& name) {
    if (repository.empty()) repository = MakeRepository(Named("alice"));
    auto in = NewApp(repository, name + ".apps.test");
    in.set_name(name);
    return Call<api_pb::Application>(owner, "CreateApplication", in).value();
  }
  void Start(const Peer& owner, const std::string& id) {
    ASSERT_TRUE(Call(owner, "StartApplication", OfApp(id)).ok());
  }

  // As the fetcher stores it.
  void FailFetch(const std::string& id) {
    ASSERT_TRUE(store.store()
                    .events
                    .SetConditions(
                        model::Subject::kRepository, id,
                        {{"Fetch", false, "RemoteUnreachable", "no route", kNever, kNever, kNever}})
                    .ok());
  }

  // Reads events for those who watch, as the host does.
  static std::jthread Reader(Dispatcher& of) {
    return std::jthread([&of](const std::stop_token& stop) { of.FollowEvents(stop); });
  }

  std::string repository;
  WatchResponse last;
  std::jthread reader = Reader(*dispatcher.operator->());
};

}  // namespace ns::api
