#include "api/event_feed.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace ns::api {
namespace {

using namespace std::chrono_literals;

constexpr size_t kKept = 4096;
constexpr int kPage = 500;
constexpr Duration kPoll = 1s;        // where no hint comes
constexpr Duration kHintPoll = 50ms;  // what a hint tells may be seen a little later
constexpr int kHintLooks = 20;
constexpr Duration kRest = 10ms;  // so that a burst is read together

}  // namespace

EventFeed::Seat::Seat(EventFeed& feed) : feed_(feed) { feed_.Enter(); }
EventFeed::Seat::~Seat() { feed_.Leave(); }

EventFeed::EventFeed(ports::EventStore& events, std::function<void()> more)
    : events_(events), more_(std::move(more)) {}

void EventFeed::Enter() {
  {
    Lock lock(mutex_);
    ++seats_;
  }
  changed_.notify_all();
}

void EventFeed::Leave() {
  Lock lock(mutex_);
  if (--seats_ > 0) return;
  begun_ = false;
  first_ += kept_.size() + 2;  // no number is given out twice
  kept_.clear();
  numbers_.clear();
}

void EventFeed::OnHint() {
  {
    Lock lock(mutex_);
    if (seats_ == 0) return;
    hinted_ = true;
  }
  changed_.notify_all();
}

uint64_t EventFeed::Moment() {
  Lock lock(mutex_);
  return ++moment_;
}

Result<std::string> EventFeed::End() {
  NS_ASSIGN(auto newest, events_.Newest({}, 1));
  return std::move(newest.next);
}

void EventFeed::Run(const std::stop_token& stop) {
  int looks = 0;  // that are left after a hint
  while (!stop.stop_requested()) {
    {
      Lock lock(mutex_);
      if (seats_ == 0)
        changed_.wait(mutex_, stop, [this]() NS_REQUIRES(mutex_) { return seats_ > 0; });
      if (begun_)
        changed_.wait_for(mutex_, stop, looks > 0 ? kHintPoll : kPoll,
                          [this]() NS_REQUIRES(mutex_) { return hinted_; });
      looks = hinted_ ? kHintLooks : std::max(0, looks - 1);
      hinted_ = false;
    }
    if (stop.stop_requested()) return;
    const auto news = Fill();
    if (!news.ok()) log::Debug("events cannot be read", {{"error", news.status().ToString()}});
    if (news.ok() && *news) more_();
    Lock lock(mutex_);
    changed_.wait_for(mutex_, stop, news.ok() ? kRest : kPoll, [] { return false; });
  }
}

Result<bool> EventFeed::Begin() {
  {
    Lock lock(mutex_);
    if (begun_ || seats_ == 0) return false;
  }
  NS_ASSIGN(std::string end, End());
  Lock lock(mutex_);
  if (begun_ || seats_ == 0) return false;
  begun_ = true;
  base_ = std::move(end);
  numbers_ = {{base_, first_ - 1}};
  return true;
}

Result<bool> EventFeed::Fill() {
  NS_ASSIGN(bool news, Begin());  // who looked before that may have missed what came in between
  for (;;) {
    std::string from;
    {
      Lock lock(mutex_);
      if (!begun_) return news;
      from = kept_.empty() ? base_ : kept_.back()->place;
    }
    auto read = events_.After({}, from, kPage);
    if (!read.ok() && news) return true;  // what was taken is told all the same
    NS_ASSIGN(auto page, std::move(read));
    const size_t count = page.events.size();
    news = news || count > 0;
    Lock lock(mutex_);
    const bool current = begun_ && from == (kept_.empty() ? base_ : kept_.back()->place);
    if (current) Take(std::move(page));
    if (!current || count < kPage) return news;
  }
}

void EventFeed::Take(ports::EventPage page) {
  const uint64_t seen = ++moment_;
  for (size_t i = 0; i < page.events.size(); ++i) {
    numbers_[page.places[i]] = first_ + kept_.size();
    kept_.push_back(
        std::make_shared<const Told>(Told{seen, std::move(page.events[i]), page.places[i]}));
  }
  while (kept_.size() > kKept) {
    numbers_.erase(base_);
    base_ = kept_.front()->place;
    kept_.pop_front();
    ++first_;
  }
}

bool EventFeed::Find(Cursor& cursor) {
  if (!begun_) return false;
  if (cursor.number + 1 < first_) {
    const auto known = numbers_.find(cursor.place);
    if (known == numbers_.end()) return false;
    cursor.number = known->second;
  }
  return true;
}

Result<EventFeed::Slice> EventFeed::After(Cursor& cursor, size_t limit) {
  Slice out;
  {
    Lock lock(mutex_);
    if (Find(cursor)) {
      for (size_t at = cursor.number + 1 - first_; at < kept_.size() && out.size() < limit; ++at)
        out.push_back(kept_[at]);
      cursor.number += out.size();
      if (!out.empty()) cursor.place = out.back()->place;
      return out;
    }
  }
  NS_ASSIGN(auto page, events_.After({}, cursor.place, static_cast<int>(limit)));
  const uint64_t seen = Moment();
  for (size_t i = 0; i < page.events.size(); ++i) {
    out.push_back(
        std::make_shared<const Told>(Told{seen, std::move(page.events[i]), page.places[i]}));
  }
  cursor = {page.next, 0};
  return out;
}

}  // namespace ns::api
