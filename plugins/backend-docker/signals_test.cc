#include "signals.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace ns::backend_docker {
namespace {

TEST(SignalNumber, NamesAndNumbers_AreKnown) {
  EXPECT_EQ(SignalNumber("SIGTERM"), 15);
  EXPECT_EQ(SignalNumber("TERM"), 15);
  EXPECT_EQ(SignalNumber("15"), 15);
  EXPECT_EQ(SignalNumber("SIGQUIT"), 3);
}

TEST(SignalNumber, Otherwise_IsNone) {
  for (const char* name : {"", "SIG", "SIGSOMETHING", "0", "65", "-1", "15x"})
    EXPECT_EQ(SignalNumber(name), 0) << name;
}

TEST(Catches, Mask_IsRead) {
  const std::string status =
      "Name:\tsh\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000004002\nCapInh:\t0\n";
  EXPECT_TRUE(Catches(status, SIGINT));
  EXPECT_TRUE(Catches(status, SIGTERM));
  EXPECT_FALSE(Catches(status, SIGQUIT));
}

TEST(Catches, WhatCannotBeTold_IsYes) {
  EXPECT_TRUE(Catches("", SIGTERM));
  EXPECT_TRUE(Catches("Name:\tsh\nSigCgt:\tzz\n", SIGTERM));
  EXPECT_TRUE(Catches("Name:\tsh\nSigCgt:\t0000000000000000\n", 0));
  EXPECT_TRUE(ProcessCatches(999'999'999, "SIGTERM"));
}

TEST(ProcessCatches, ThisOne_AsItsHandlersSay) {
  EXPECT_FALSE(ProcessCatches(::getpid(), "SIGUSR1"));
  ::signal(SIGUSR1, [](int) {});
  EXPECT_TRUE(ProcessCatches(::getpid(), "SIGUSR1"));
  ::signal(SIGUSR1, SIG_DFL);
}

}  // namespace
}  // namespace ns::backend_docker
