#include "supervise/supervisor.h"

#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "supervise/kept_helper.h"

namespace ns::supervise {
namespace {

constexpr Duration kStep = std::chrono::milliseconds(20);

bool IsName(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 100 && name[0] != '.' &&
         std::all_of(name.begin(), name.end(), allowed);
}

Status MakeFolder(const std::string& folder) {
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return {};
  std::filesystem::create_directories(std::filesystem::path(folder).parent_path(), error);
  if (!error && (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST)) return {};
  return Unavailable("cannot make folder " + folder + ": " +
                     (error ? error.message() : ::strerrordesc_np(errno)));
}

Status Check(const HelperSpec& spec) {
  if (!IsName(spec.name))
    return Invalid("the name of a helper has 1 to 100 of a-z 0-9 . _ - and no dot first, not \"" +
                   spec.name + "\"");
  if (spec.argv.empty()) return Invalid("helper " + spec.name + " has no command");
  return {};
}

// `ended`: how the helper ended last, where it has.
Status Late(Code code, const std::string& what, KeptHelper& helper, const HelperSpec& spec,
            const Status& ended) {
  const HelperState state = helper.State();
  std::string message = spec.name + " " + what;
  const Status& problem =
      ended.ok() || state.phase == HelperPhase::kBackingOff ? state.problem : ended;
  if (!problem.ok()) message += ": " + problem.message();
  const std::string printed = helper.LogEnd();
  if (!printed.empty() && state.phase != HelperPhase::kBackingOff)
    message += "; it printed: " + printed;
  return Status(code, message);
}

std::vector<pollfd> Watched(const std::vector<std::shared_ptr<const Fd>>& watches) {
  std::vector<pollfd> fds;
  for (const auto& watch : watches) {
    if (watch) fds.push_back({watch->get(), POLLIN, 0});
  }
  return fds;
}

}  // namespace

struct Supervisor::Entry : KeptHelper {
  using KeptHelper::KeptHelper;
};

Supervisor::Supervisor(std::string folder, Clock& clock)
    : folder_(std::move(folder)), clock_(clock), sockets_(folder_) {}
Supervisor::~Supervisor() = default;

Status Supervisor::Ensure(const HelperSpec& spec, Duration timeout, const std::stop_token& cancel) {
  NS_TRY(Check(spec));
  NS_TRY(MakeFolder(folder_));
  const auto entry = entries_.With([&](auto& entries) {
    auto& found = entries[spec.name];
    if (!found) found = std::make_shared<Entry>(folder_, spec.name, clock_, sockets_);
    return found;
  });
  const Duration deadline = clock_.Monotonic() + timeout;
  NS_TRY(entry->Describe(spec));
  Status ended;
  for (;;) {
    entry->Advance();
    const HelperState state = entry->State();
    if (state.phase == HelperPhase::kBackingOff) ended = state.problem;
    if (state.phase == HelperPhase::kRunning && state.problem.ok()) return {};
    if (cancel.stop_requested())
      return Late(Code::kCancelled, "was not waited for", *entry, spec, ended);
    if (clock_.Monotonic() >= deadline)
      return Late(Code::kDeadline, "is not well in time", *entry, spec, ended);
    const auto watch = entry->watch();
    WaitReadable(watch ? watch->get() : -1, kStep);
  }
}

std::shared_ptr<Supervisor::Entry> Supervisor::Find(const std::string& name) {
  return entries_.With([&](auto& entries) {
    const auto found = entries.find(name);
    return found == entries.end() ? nullptr : found->second;
  });
}

std::vector<std::shared_ptr<Supervisor::Entry>> Supervisor::All() {
  return entries_.With([](auto& entries) {
    std::vector<std::shared_ptr<Entry>> all;
    for (const auto& [name, entry] : entries) all.push_back(entry);
    return all;
  });
}

HelperState Supervisor::State(const std::string& name) {
  if (const auto entry = Find(name)) return entry->State();
  HelperState state;
  const auto record = HelperFiles(folder_, name).Read();
  if (!record || !IsRunning(record->id)) return state;
  state.phase = HelperPhase::kRunning;
  state.pid = record->id.pid;
  state.adopted = true;
  return state;
}

std::map<std::string, HelperState> Supervisor::States() {
  return entries_.With([](auto& entries) {
    std::map<std::string, HelperState> states;
    for (const auto& [name, entry] : entries) states[name] = entry->State();
    return states;
  });
}

Status Supervisor::Stop(const std::string& name) {
  if (!IsName(name)) return Invalid("there is no helper \"" + name + "\"");
  if (const auto entry = Find(name)) return entry->Stop();
  return KeptHelper(folder_, name, clock_, sockets_).Stop();
}

void Supervisor::Tick(Duration wait) {
  const auto entries = All();
  std::vector<std::shared_ptr<const Fd>> watches;
  for (const auto& entry : entries) {
    watches.push_back(entry->watch());
    wait = std::min(wait, entry->Idle());
  }
  auto fds = Watched(watches);
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  ::poll(fds.data(), fds.size(), static_cast<int>(std::clamp<int64_t>(milliseconds, 0, 3'600'000)));
  for (const auto& entry : entries) entry->Advance();
}

Result<std::vector<HelperRecord>> Supervisor::Recorded(const std::string& folder) {
  std::vector<HelperRecord> found;
  for (const std::string& name : RecordedNames(folder)) {
    const HelperFiles files(folder, name);
    const auto record = files.Read();
    if (record)
      found.push_back({name, record->id.pid, IsRunning(record->id), record->started,
                       record->program, files.log()});
  }
  return found;
}

Result<std::vector<std::string>> Supervisor::StopAll(const std::string& folder, Clock& clock) {
  NS_ASSIGN(auto records, Recorded(folder));
  std::sort(records.begin(), records.end(),
            [](const auto& a, const auto& b) { return a.started > b.started; });
  std::vector<std::string> ended;
  ListenSockets sockets(folder);
  Status first;
  for (const HelperRecord& record : records) {
    const Status status = KeptHelper(folder, record.name, clock, sockets).Stop();
    if (!status.ok() && first.ok()) first = status.Prefixed(record.name);
    if (status.ok() && record.running) ended.push_back(record.name);
  }
  if (!first.ok()) return first;
  return ended;
}

}  // namespace ns::supervise
