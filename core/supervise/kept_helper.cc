#include "supervise/kept_helper.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "supervise/ending.h"
#include "supervise/log_file.h"

namespace ns::supervise {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kFirstWait = milliseconds(100), kLongestWait = seconds(30);
constexpr int kSoon = 3;  // failures in a row for which what it listens at is kept open
constexpr Duration kProvenAfter = seconds(60);  // a run so long forgets earlier failures
constexpr Duration kForeignWait =
    seconds(30);  // a newer description is somebody else's to restart, so long as there is somebody
constexpr Duration kCheckWell = seconds(5), kCheckUnwell = seconds(1),
                   kCheckStarting = milliseconds(20), kLookForRecord = seconds(1);
constexpr Duration kHungGrace = seconds(2);  // what answers nothing drains nothing

std::string HashOf(const HelperSpec& spec) {
  std::string text;
  const auto add = [&](const std::string& field) {
    text += std::to_string(field.size()) + ":" + field;
  };
  const auto add_all = [&](const std::vector<std::string>& fields) {
    text += std::to_string(fields.size()) + ";";
    for (const std::string& field : fields) add(field);
  };
  add_all(spec.argv);
  add_all(spec.env);
  add(spec.folder);
  add(spec.account ? std::to_string(spec.account->uid) + "." + std::to_string(spec.account->gid)
                   : "");
  add(spec.config_hash);
  if (!spec.listen.empty()) add_all(spec.listen);
  return Sha256Hex(text);
}

Duration WaitAfter(int failures) {
  return std::min(kFirstWait * (1 << std::min(failures - 1, 10)), kLongestWait);
}

}  // namespace

Status KeptHelper::Describe(const HelperSpec& spec) {
  Lock lock(mutex_);
  spec_ = spec;
  hash_ = HashOf(spec);
  failures_ = 0;
  next_check_ = unwell_since_ = Duration::zero();
  const Status status = Converge();
  if (!status.ok() && now_.phase != HelperPhase::kBackingOff) BackOff(status);
  return status;
}

Status KeptHelper::Converge() {
  NS_ASSIGN(const Fd held, files_.TakeLock());
  const auto record = files_.Read();
  if (record && record->hash == hash_ && Adopt(*record))
    return record->stopped ? files_.Write(running_) : Status();
  return Start(record);
}

// Caller holds the file lock, so that a record without `confirmed` is of a supervisor that died
// over it: whatever came of it goes.
Status KeptHelper::Start(const std::optional<Record>& before) {
  Record record{{}, hash_, spec_.argv[0], clock_.Now(), spec_.stop_signal, spec_.stop_grace};
  Status status = TakeSockets();
  if (status.ok() && before)
    status = EndProcess(before->id, before->stop_signal, before->stop_grace);
  if (status.ok()) {
    log_start_ = LogSize(files_.log());
    auto child = Spawn(record);
    status = child.status();
    if (child.ok()) Observe(record, Fd(child->ReleasePidfd()), false);
  }
  if (!status.ok()) BackOff(status);
  return status;
}

// All of them before anything ends: an address that cannot be had leaves what runs.
Status KeptHelper::TakeSockets() {
  std::map<std::string, SharedFd> taken;
  for (const std::string& address : spec_.listen) {
    NS_ASSIGN(taken[address], sockets_.Take(address));
  }
  listens_ = std::move(taken);
  return {};
}

// What cannot be had goes on as long as the process does, and is opened again for the next.
void KeptHelper::FindSockets(const ProcessId& id) {
  listens_.clear();
  for (const std::string& address : spec_.listen) {
    const auto found = ListeningIn(id, address);
    if (!found.ok() || !*found) continue;
    listens_[address] = *found;
    sockets_.Hold(address, *found);
  }
}

Result<Process> KeptHelper::Spawn(Record& record) {
  NS_ASSIGN(const Fd log, OpenLog(files_.log()));
  SpawnSpec child;
  child.argv = spec_.argv;
  child.env = spec_.env;
  child.folder = spec_.folder;
  child.account = spec_.account;
  child.out = child.err = log.get();
  for (const std::string& address : spec_.listen) child.handed.push_back(listens_[address]->get());
  child.before_exec = [&](pid_t pid) -> Status {
    if (Failpoint("supervise.before-record"))
      return Unavailable("failpoint supervise.before-record");
    NS_ASSIGN(record.id, IdentifyProcess(pid));
    NS_TRY(files_.Write(record));
    if (Failpoint("supervise.after-record")) return Unavailable("failpoint supervise.after-record");
    return {};
  };
  NS_ASSIGN(Process process, Process::Spawn(child));
  record.confirmed = true;
  NS_TRY(files_.Write(record));
  return process;
}

bool KeptHelper::Adopt(const Record& record) {
  if (watch_ && running_.id == record.id) return IsRunning(record.id);
  Fd pidfd = record.confirmed ? Watch(record.id) : Fd();
  if (!pidfd) return false;
  log_start_ = LogSize(files_.log());
  FindSockets(record.id);
  Observe(record, std::move(pidfd), true);
  return true;
}

void KeptHelper::Observe(const Record& record, Fd pidfd, bool adopted) {
  running_ = record;
  running_.stopped = false;
  watch_ = std::make_shared<const Fd>(std::move(pidfd));
  seen_ = clock_.Monotonic();
  next_check_ = unwell_since_ = Duration::zero();
  now_ = {HelperPhase::kStarting, record.id.pid, adopted, now_.restarts, {}};
  Publish();
}

void KeptHelper::Forget(HelperPhase phase, Status problem) {
  watch_ = nullptr;
  if (phase == HelperPhase::kStopped || failures_ > kSoon) listens_.clear();
  now_.phase = phase;
  now_.pid = 0;
  now_.problem = std::move(problem);
  Publish();
}

void KeptHelper::BackOff(Status problem) {
  const Duration now = clock_.Monotonic();
  failures_ = watch_ && now - seen_ > kProvenAfter ? 1 : failures_ + 1;
  next_start_ =
      now + WaitAfter(failures_) + (watch_ && Superseded() ? kForeignWait : Duration::zero());
  log::Warn("helper is down", {{"helper", files_.name()},
                               {"problem", problem.message()},
                               {"failures", std::to_string(failures_)}});
  Forget(HelperPhase::kBackingOff, std::move(problem));
}

void KeptHelper::Advance() {
  if (!mutex_.try_lock()) return;
  Look();
  mutex_.unlock();
}

void KeptHelper::Look() {
  if (!watch_) return TryStart();
  if (WaitReadable(watch_->get(), Duration::zero())) return OnEnded();
  TrimLog(files_.log());
  CheckHealth();
}

void KeptHelper::OnEnded() {
  const std::string how = ReapText(watch_->get());
  const auto held = files_.TakeLock();
  const auto record = files_.Read();
  if (record && Adopt(*record)) return;  // somebody was faster
  if (record && record->stopped) return Forget(HelperPhase::kStopped, {});
  KillSession(running_.id);
  const std::string printed = supervise::LogEnd(files_.log(), log_start_);
  BackOff(
      Unavailable(files_.name() + " " + how + (printed.empty() ? "" : "; it printed: " + printed)));
}

void KeptHelper::TryStart() {
  const auto seen = files_.Read();
  if (seen && Adopt(*seen)) return;
  if (seen && seen->stopped && now_.phase != HelperPhase::kStopped)
    return Forget(HelperPhase::kStopped, {});
  if (now_.phase != HelperPhase::kBackingOff || clock_.Monotonic() < next_start_) return;
  const auto held = files_.TakeLock();
  if (!held.ok()) return BackOff(held.status());
  const auto record = files_.Read();
  if (record && (record->stopped || Adopt(*record))) return;
  if (Start(record).ok()) ++now_.restarts;
  Publish();
}

void KeptHelper::CheckHealth() {
  const Duration now = clock_.Monotonic();
  if (now < next_check_) return;
  const Status health = spec_.health ? spec_.health() : Status();
  now_.problem = health;
  if (health.ok()) {
    unwell_since_ = Duration::zero();
    now_.phase = HelperPhase::kRunning;
  } else if (unwell_since_ == Duration::zero()) {
    unwell_since_ = now;
  }
  const bool starting = now_.phase == HelperPhase::kStarting && now - seen_ < seconds(2);
  next_check_ = clock_.Monotonic() + (health.ok() ? kCheckWell
                                      : starting  ? kCheckStarting
                                                  : kCheckUnwell);
  Publish();
  const bool hung = !health.ok() && spec_.hang_limit > Duration::zero() &&
                    now - unwell_since_ >= spec_.hang_limit;
  if (hung && !Superseded()) EndHung(health);
}

void KeptHelper::EndHung(const Status& problem) {
  const auto held = files_.TakeLock();
  const auto record = files_.Read();
  if (!held.ok() || !record || record->id != running_.id) return;
  const Status ended =
      EndProcess(running_.id, spec_.stop_signal, std::min(spec_.stop_grace, kHungGrace));
  if (ended.ok())
    BackOff(problem.Prefixed(files_.name() + " was unwell for too long and is started anew"));
}

Status KeptHelper::Stop() {
  Lock lock(mutex_);
  NS_ASSIGN(const Fd held, files_.TakeLock());
  auto record = files_.Read();
  if (record) {
    record->stopped = true;
    NS_TRY(files_.Write(*record));
    for (auto& [address, socket] : std::exchange(listens_, {}))
      sockets_.Close(files_.name(), address, std::move(socket));
    NS_TRY(EndProcess(record->id, record->stop_signal, record->stop_grace));
  }
  Forget(HelperPhase::kStopped, {});
  return {};
}

Duration KeptHelper::Idle() {
  if (!mutex_.try_lock()) return kLookForRecord;
  const Duration idle = Rest();
  mutex_.unlock();
  return idle;
}

Duration KeptHelper::Rest() const {
  if (!watch_ && now_.phase == HelperPhase::kStopped) return kLookForRecord;
  const Duration due = (watch_ ? next_check_ : next_start_) - clock_.Monotonic();
  return watch_ ? due : std::min(due, kLookForRecord);
}

std::string KeptHelper::LogEnd() {
  Lock lock(mutex_);
  return supervise::LogEnd(files_.log(), log_start_);
}

void KeptHelper::Publish() {
  state_.With([now = now_](HelperState& state) { state = now; });
  shown_watch_.With([seen = watch_](auto& watch) { watch = seen; });
}

}  // namespace ns::supervise
