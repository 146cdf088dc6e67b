#include "ns/sdk/app_record.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace ns::sdk {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "ns-records.XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

AppRecord Full() {
  AppRecord record;
  record.fence = {3, 42};
  record.state = AppState::kRunning;
  record.key = "key with spaces\nand % lines";
  record.run_key = "run";
  record.route_key = "route";
  record.wanted = 2;
  record.settled = true;
  record.written_route_key = "route";
  record.targets = {"a", "b"};
  record.draining_since = {{"c", 123456789012345}};
  record.failure_reason = "ProbeFailed";
  record.failure_message = "It said: \"no\", 100%.";
  record.mended = "a container was removed";
  record.mended_at_us = 77;
  record.phases = {{"pull", UtcTime(std::chrono::microseconds(1))},
                   {"done", UtcTime(std::chrono::microseconds(2))}};
  record.notes = {{"routes", "http:\n  routers: 'x'\n"}, {"empty", ""}};
  return record;
}

ns_status CodeOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return NS_OK;
}

TEST(AppRecord, EncodedAndDecoded_IsTheSame) {
  EXPECT_EQ(DecodeAppRecord(Encode(Full())), Full());
  EXPECT_EQ(DecodeAppRecord(Encode(AppRecord())), AppRecord());
  EXPECT_EQ(DecodeAppRecord(""), AppRecord());
}

TEST(AppRecord, UnknownLines_ArePassedOver) {
  AppRecord record = Full();
  EXPECT_EQ(DecodeAppRecord("newer thing\n" + Encode(record) + "nonsense\n\n"), record);
}

TEST(AppRecord, EveryByte_Survives) {
  AppRecord record;
  for (int c = 0; c < 256; ++c) record.failure_message += static_cast<char>(c);
  record.failure_reason = "r";
  EXPECT_EQ(DecodeAppRecord(Encode(record)), record);
}

TEST(AppRecord, EscapedByteAtTheEndOfALine_ReadsNothingBeyondIt) {
  AppRecord record;
  record.failure_reason = "r";
  record.failure_message = "ends with a line end\n";
  EXPECT_EQ(DecodeAppRecord(Encode(record)), record);
}

TEST(AppRecords, WrittenAndForgotten_FenceStays) {
  const Folder folder;
  const AppRecords records(folder.path() + "/apps");
  EXPECT_FALSE(records.Has("a"));
  EXPECT_EQ(records.Read("a"), AppRecord());
  EXPECT_EQ(records.Highest("a"), Fence{});
  records.Raise("a", {1, 5});
  records.Write("a", Full());
  EXPECT_EQ(records.Read("a"), Full());
  records.Forget("a");
  EXPECT_FALSE(records.Has("a"));
  EXPECT_EQ(records.Highest("a"), (Fence{1, 5}));
}

TEST(AppRecords, LowerFence_IsRefused) {
  const Folder folder;
  const AppRecords records(folder.path() + "/apps");
  records.Raise("a", {1, 5});
  EXPECT_EQ(CodeOf([&] { records.Raise("a", {1, 4}); }), NS_E_STALE);
  EXPECT_EQ(CodeOf([&] { records.Raise("a", {0, 900}); }), NS_E_STALE);
  EXPECT_EQ(CodeOf([&] { records.Raise("a", {1, 5}); }), NS_OK);
  EXPECT_EQ(CodeOf([&] {
              records.Raise("a", {2, 0});
            }),
            NS_OK)
      << "a newer history counts from the beginning";
  EXPECT_EQ(records.Highest("a"), (Fence{2, 0}));
  EXPECT_EQ(CodeOf([&] { records.Raise("b", {1, 1}); }), NS_OK) << "each application has its own";
}

std::string ReadWholeFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(AppRecords, WhatCannotBeRead_IsNotAbsent) {
  const Folder folder;
  const AppRecords records(folder.path() + "/apps");
  records.Raise("a", {5, 7});
  records.Write("a", Full());
  const std::string fence = folder.path() + "/apps/a.fence";
  std::ofstream(fence) << "garbage";
  EXPECT_EQ(CodeOf([&] { records.Highest("a"); }), NS_E_INTERNAL);
  EXPECT_EQ(CodeOf([&] { records.Raise("a", {1, 1}); }), NS_E_INTERNAL);
  EXPECT_EQ(ReadWholeFile(fence), "garbage") << "and is not overwritten";
  // Neither is what there is no descriptor for.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const ns_status highest = CodeOf([&] { records.Highest("a"); });
  const ns_status record = CodeOf([&] { records.Read("a"); });
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(highest, NS_E_INTERNAL);
  EXPECT_EQ(record, NS_E_INTERNAL);
  EXPECT_EQ(records.Read("a"), Full());
}

TEST(AppRecords, OddIds_NameNoFile) {
  const Folder folder;
  const AppRecords records(folder.path() + "/apps");
  for (const char* id : {"", "..", "a/b", "a b", "a.b", "a\n"})
    EXPECT_EQ(CodeOf([&] { records.Raise(id, {1, 1}); }), NS_E_INVALID) << id;
  EXPECT_EQ(CodeOf([&] { records.Raise(std::string(101, 'a'), {1, 1}); }), NS_E_INVALID);
}

TEST(AppRecords, ManyRaiseAtOnce_HighestWins) {
  const Folder folder;
  const AppRecords records(folder.path() + "/apps");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 1; i <= 50; ++i) CodeOf([&] { records.Raise("a", {1, i * 4 + t}); });
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(records.Highest("a"), (Fence{1, 203}));
}

TEST(AppRecords, Lock_IsWaitedForUntilAHigherFenceComes) {
  const Folder folder;
  const AppRecords records(folder.path() + "/apps");
  records.Raise("a", {1, 1});
  auto held = records.Lock(Call(), "a", {1, 1});
  ns_status waiting = NS_OK, later = NS_E_UNKNOWN;
  std::thread older([&] { waiting = CodeOf([&] { records.Lock(Call(), "a", {1, 1}); }); });
  records.Raise("a", {1, 2});
  older.join();
  EXPECT_EQ(waiting, NS_E_STALE);
  std::thread newer([&] { later = CodeOf([&] { records.Lock(Call(), "a", {1, 2}); }); });
  held.reset();
  newer.join();
  EXPECT_EQ(later, NS_OK);
}

}  // namespace
}  // namespace ns::sdk
