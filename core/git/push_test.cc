// What a push says and what it is answered, in any pieces, and bodies that are compressed.
#include <gmock/gmock.h>
#include <zlib.h>

#include "git/inflate.h"
#include "git/push_commands.h"
#include "git/push_report.h"

namespace ns::git {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kNone(40, '0');

std::string Gzip(std::string text) {
  z_stream stream{};
  EXPECT_EQ(::deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

TEST(PushCommands, ReadInAnyPieces) {
  const std::string body =
      PacketLine(kNone + " " + std::string(40, 'a') + " refs/heads/x" + std::string(1, '\0') +
                 "report-status side-band-64k\n") +
      PacketLine(std::string(40, 'b') + " " + std::string(40, 'a') + " refs/tags/y") + "0000PACK";
  for (size_t piece = 1; piece < body.size(); ++piece) {
    PushCommands commands(10);
    for (size_t at = 0; at < body.size(); at += piece)
      ASSERT_EQ(commands.Feed(std::string_view(body).substr(at, piece)), Status());
    EXPECT_TRUE(commands.complete());
    EXPECT_THAT(commands.refs(), ElementsAre("refs/heads/x", "refs/tags/y"));
    EXPECT_EQ(commands.created(), 1u);
  }
}

TEST(PushCommands, WhatIsNoPacketLine_IsInvalid) {
  for (const char* bytes : {"zzzz", "0001", "0003", "ffff", "-123", " 123"})
    EXPECT_EQ(PushCommands(10).Feed(bytes).code(), Code::kInvalid) << bytes;
}

TEST(PushCommands, CertificateOfASignedPush_IsRefused) {
  PushCommands commands(10);
  EXPECT_EQ(commands.Feed(PacketLine(std::string("push-cert\0report-status", 23))).code(),
            Code::kInvalid);
  EXPECT_EQ(PushCommands(10).Feed(PacketLine("certificate version 0.1\n")).code(), Code::kInvalid);
  EXPECT_EQ(PushCommands(10).Feed(PacketLine("shallow " + std::string(40, 'a'))), Status());
}

std::string Band(char band, const std::string& text) { return PacketLine(band + text); }

TEST(PushReport, ReadInAnyPiecesInBothForms) {
  const std::string lines = PacketLine("unpack ok\n") + PacketLine("ok refs/heads/a\n") +
                            PacketLine("ng refs/heads/b failed to update ref\n") + "0000";
  const std::string banded = Band(2, "Resolving deltas: 100%\r") + Band(1, lines.substr(0, 9)) +
                             Band(1, lines.substr(9)) + "0000";
  for (const auto& [answer, side_band] : {std::pair(lines, false), std::pair(banded, true)}) {
    for (size_t piece = 1; piece <= answer.size(); ++piece) {
      PushReport report;
      for (size_t at = 0; at < answer.size(); at += piece)
        report.Feed(std::string_view(answer).substr(at, piece), side_band);
      EXPECT_EQ(report.Refused().reason(), "RefRefused");
      EXPECT_EQ(report.Refused().message(), "refs/heads/b failed to update ref");
      EXPECT_TRUE(report.took_any());
      EXPECT_FALSE(report.may_follow());
    }
  }
}

TEST(PushReport, Progress_LeavesRoomForAReportBetweenPackets) {
  PushReport report;
  EXPECT_TRUE(report.may_follow());
  const std::string said = Band(2, "Resolving deltas: 1%\r");
  report.Feed(said.substr(0, 7), true);
  EXPECT_FALSE(report.may_follow());
  report.Feed(said.substr(7), true);
  EXPECT_TRUE(report.may_follow());
  EXPECT_EQ(report.Refused(), Status());
}

TEST(PushReport, FailedUnpack_HasTheReasonOfWhatGitSaid) {
  const auto refused = [](const std::string& said) {
    PushReport report;
    report.Feed(Band(2, said) + Band(1, PacketLine("unpack index-pack abnormal exit\n") +
                                            PacketLine("ng refs/heads/a unpacker error\n")),
                true);
    EXPECT_FALSE(report.took_any());
    return report.Refused();
  };
  EXPECT_EQ(refused("fatal: pack exceeds maximum allowed size (1.00 MiB)\n").reason(),
            "PushTooLarge");
  EXPECT_EQ(refused("error: object 1: hasDotgit: contains '.git'\nfatal: fsck error in packed "
                    "object\n")
                .reason(),
            "ObjectsRefused");
  EXPECT_EQ(refused("fatal: early EOF\n").reason(), "PackRefused");
}

TEST(PushReport, Garbage_IsNoReport) {
  for (const char* bytes : {"zzzz", "0001", "ffff", "0005\1", "0006\1x", "0004"}) {
    PushReport report;
    report.Feed(bytes, true);
    report.Feed(bytes, false);
    EXPECT_EQ(report.Refused(), Status());
    EXPECT_FALSE(report.took_any());
  }
}

TEST(Inflate, GarbageBombsAndTails_AreRefused) {
  std::string out;
  EXPECT_EQ(Inflate().Feed("no gzip at all, but long enough", 1000, out).code(), Code::kInvalid);
  const std::string zeros = Gzip(std::string(100'000, '\0'));
  out.clear();
  EXPECT_EQ(Inflate().Feed(zeros, 50'000, out).code(), Code::kExhausted);
  out.clear();
  Inflate inflate;
  for (const char byte : zeros) ASSERT_EQ(inflate.Feed({&byte, 1}, 200'000, out), Status());
  EXPECT_EQ(out, std::string(100'000, '\0'));
  EXPECT_EQ(inflate.Feed("tail", 1000, out).code(), Code::kInvalid);
}

}  // namespace
}  // namespace ns::git
