#include "api/hooks.h"

#include <algorithm>

#include "model/repository_url.h"

namespace ns::api {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRemembered = 24h;
constexpr size_t kMostDeliveries = 20'000;
constexpr Duration kFresh = 5s;         // of what the store said of URLs
constexpr Duration kAskAgain = 1s;      // where it knows none of them, or did not answer
constexpr Duration kApart = 1s;         // hints of one repository
constexpr size_t kMostUnsure = 10'000;  // URLs

}  // namespace

bool Deliveries::Seen(const std::string& delivery, Duration now) {
  Lock lock(mutex_);
  Forget(now);
  return known_.contains(delivery);
}

void Deliveries::Remember(const std::string& delivery, Duration now) {
  Lock lock(mutex_);
  if (known_.insert(delivery).second) order_.emplace_back(now, delivery);
  Forget(now);
}

void Deliveries::Forget(Duration now) {
  while (!order_.empty() &&
         (order_.size() > kMostDeliveries || now - order_.front().first > kRemembered)) {
    known_.erase(order_.front().second);
    order_.pop_front();
  }
}

Result<RepositoryUrls::Found> RepositoryUrls::Find(const std::set<std::string>& urls,
                                                   Duration named, ports::RepositoryStore& store,
                                                   Duration now) {
  if (urls.empty()) return Found();
  Lock lock(mutex_);
  std::set<RepositoryId> found = Known(urls);
  const auto sure = [&] { return asked_ && outcome_.ok() && asked_at_ > named; };
  const Duration age = now - asked_at_;
  if (!asked_ || (found.empty() ? !sure() && age >= kAskAgain : age >= kFresh)) {
    NS_TRY(Load(store, now));
    found = Known(urls);
  }
  if (found.empty() && !outcome_.ok()) return outcome_;
  const bool known = !found.empty();
  return Found{std::move(found), known || sure()};
}

std::set<RepositoryId> RepositoryUrls::Known(const std::set<std::string>& urls) const {
  std::set<RepositoryId> found;
  for (const std::string& url : urls) {
    const auto [begin, end] = by_url_.equal_range(url);
    for (auto at = begin; at != end; ++at) found.insert(at->second);
  }
  return found;
}

// Others wait meanwhile: they want to know the same.
Status RepositoryUrls::Load(ports::RepositoryStore& store, Duration now) {
  asked_ = true;
  asked_at_ = now;
  const auto repositories = store.List();
  outcome_ = repositories.status();
  if (!outcome_.ok()) return outcome_;
  by_url_.clear();
  for (const model::Repository& repository : *repositories)
    by_url_.emplace(model::NormaliseUrl(repository.url), repository.id);
  return {};
}

bool HintTurns::Ask(const RepositoryId& id, Duration now) {
  const auto [at, fresh] = turns_.try_emplace(id);
  Turn& turn = at->second;
  if (fresh || (!turn.owed && turn.next <= now)) {
    turn.next = now + kApart;
    return true;
  }
  turn.owed = true;
  return false;
}

std::vector<RepositoryId> HintTurns::Due(Duration now) {
  std::vector<RepositoryId> due;
  std::erase_if(turns_,
                [now](const auto& one) { return !one.second.owed && one.second.next <= now; });
  for (auto& [id, turn] : turns_) {
    if (!turn.owed || turn.next > now) continue;
    turn = {now + kApart, false};
    due.push_back(id);
  }
  return due;
}

void HintTurns::Again(const RepositoryId& id, Duration now) {
  Turn& turn = turns_[id];
  turn = {now + kApart, true};
}

std::vector<RepositoryId> HintTurns::TakeAll() {
  std::vector<RepositoryId> owed;
  for (const auto& [id, turn] : turns_) {
    if (turn.owed) owed.push_back(id);
  }
  turns_.clear();
  return owed;
}

Hooks::~Hooks() {
  for (const RepositoryId& id : turns_.TakeAll()) (void)Send(id);  // the relist finds it as well
}

Status Hooks::Hint(const std::set<std::string>& urls, Duration named) {
  NS_ASSIGN(const auto found, urls_.Find(urls, named, store_.repositories, clock_.Monotonic()));
  std::vector<RepositoryId> at_once;
  {
    Lock lock(mutex_);
    if (!found.sure && unsure_.size() < kMostUnsure) {
      for (const std::string& url : urls) unsure_[url] = std::max(unsure_[url], named);
    }
    for (const RepositoryId& id : found.ids) {
      if (turns_.Ask(id, clock_.Monotonic())) at_once.push_back(id);
    }
  }
  Status all;
  for (const RepositoryId& id : at_once) {
    const Status sent = Send(id);
    if (sent.ok()) continue;
    all = sent;
    Lock lock(mutex_);
    turns_.Again(id, clock_.Monotonic());
  }
  return all;
}

Status Hooks::Send(const RepositoryId& id) {
  return store_.hints.Send({ports::Hint::Kind::kRepository, id.str()});
}

// A repository may be pushed to the moment after it was registered. Each URL by itself: that one is
// known says nothing of another.
void Hooks::AskForUnsure() {
  std::map<std::string, Duration> unsure;
  {
    Lock lock(mutex_);
    unsure.swap(unsure_);
  }
  for (const auto& [url, named] : unsure) {
    if (Hint({url}, named).ok()) continue;
    Lock lock(mutex_);
    unsure_.emplace(url, named);
  }
}

void Hooks::SendOwed() {
  AskForUnsure();
  std::vector<RepositoryId> due;
  {
    Lock lock(mutex_);
    due = turns_.Due(clock_.Monotonic());
  }
  for (const RepositoryId& id : due) {
    if (Send(id).ok()) continue;
    Lock lock(mutex_);
    turns_.Again(id, clock_.Monotonic());
  }
}

}  // namespace ns::api
