#include "act/worker_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <latch>

namespace ns::act {
namespace {

constexpr uid_t kNobody = 65534;

constexpr int kNotAllowed = 77;  // to be another user

// 0: what was given while there was no thread, and after, has been done.
[[noreturn]] void WithoutThreads() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NPROC, &limit);
  const rlim_t most = limit.rlim_cur;
  limit.rlim_cur = 0;
  if (::setrlimit(RLIMIT_NPROC, &limit) != 0) ::_exit(2);
  if (::getuid() == 0 && ::setresuid(kNobody, kNobody, kNobody) != 0) ::_exit(kNotAllowed);
  WorkerPool pool(2);
  std::latch done(2);
  pool.Submit([&] { done.count_down(); });
  if (done.try_wait()) ::_exit(4);
  limit.rlim_cur = most;
  if (::setrlimit(RLIMIT_NPROC, &limit) != 0) ::_exit(5);
  pool.Submit([&] { done.count_down(); });
  done.wait();
  ::_exit(0);
}

TEST(WorkerPoolDeathTest, SystemWithoutAThread_IsAskedAgainLater) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      WithoutThreads(),
      [](int status) {
        return WIFEXITED(status) &&
               (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == kNotAllowed);
      },
      "");
}

}  // namespace
}  // namespace ns::act
