#include "supervise/child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace ns::supervise {
namespace {

[[noreturn]] void Fail(int failure, ChildStep step) {
  const ChildFailure message{step, errno};
  [[maybe_unused]] const ssize_t written = ::write(failure, &message, sizeof message);
  ::_exit(127);
}

void ResetSignals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void CloseFrom(unsigned first) {
  if (::close_range(first, ~0U, 0) == 0) return;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  for (rlim_t fd = first; fd < limit.rlim_cur && fd < 1'048'576; ++fd)
    ::close(static_cast<int>(fd));
}

// All but the last two are the child's; those are ours until exec, and all others are closed.
bool PlaceDescriptors(const ChildPlan& plan) {
  for (int i = 0; i < plan.count; ++i) {
    if ((plan.high[i] = ::fcntl(plan.given[i], F_DUPFD_CLOEXEC, 64)) < 0) return false;
  }
  for (int i = 0; i < plan.count; ++i) {
    if (::dup3(plan.high[i], i, i >= plan.count - 2 ? O_CLOEXEC : 0) < 0) return false;
  }
  CloseFrom(static_cast<unsigned>(plan.count));
  return true;
}

bool SetLimits(const SpawnSpec& spec) {
  for (const ResourceLimit& limit : spec.limits) {
    const rlimit value{limit.value, limit.value};
    if (::setrlimit(static_cast<__rlimit_resource>(limit.resource), &value) != 0) return false;
  }
  return true;
}

bool TakeAccount(const std::optional<Account>& account) {
  if (!account) return true;
  if (::geteuid() != 0) return ::geteuid() == account->uid;
  // Raw calls: glibc's own take a lock over all threads, which some other thread may have held at
  // the fork.
  return ::syscall(SYS_setgroups, 0, nullptr) == 0 &&
         ::syscall(SYS_setresgid, account->gid, account->gid, account->gid) == 0 &&
         ::syscall(SYS_setresuid, account->uid, account->uid, account->uid) == 0;
}

// After the change of account, which takes the setting away.
void DieWithParent(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
}

}  // namespace

void BecomeProgram(const ChildPlan& plan) {
  ::setsid();
  ::umask(022);
  if (!PlaceDescriptors(plan)) Fail(plan.failure, ChildStep::kDescriptors);
  const int gate = plan.count - 2, failure = plan.count - 1;
  ResetSignals();
  if (!SetLimits(*plan.spec)) Fail(failure, ChildStep::kLimits);
  if (!TakeAccount(plan.spec->account)) Fail(failure, ChildStep::kAccount);
  if (plan.spec->die_with_parent) DieWithParent(plan.parent);
  if (::chdir(plan.folder) != 0) Fail(failure, ChildStep::kFolder);
  char go = 0;
  ssize_t got = 0;
  while ((got = ::read(gate, &go, 1)) < 0 && errno == EINTR) {
  }
  if (got != 1) ::_exit(127);
  ::execve(plan.argv[0], plan.argv, plan.env);
  Fail(failure, ChildStep::kExec);
}

}  // namespace ns::supervise
