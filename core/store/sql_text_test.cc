#include "store/sql_text.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "store/hint_channel.h"
#include "store/pg_error.h"

namespace ns::store {
namespace {

TEST(SqlText, Array_OddElements_SurviveTheRoundTrip) {
  const std::vector<SqlText> elements{{false, ""},           {false, "NULL"},     {true, ""},
                                      {false, "a,b{}\"\\'"}, {false, " spaces "}, {false, "ü\n"}};
  const std::string text = FormatArray(elements);
  std::vector<SqlText> expected = elements;
  for (auto& [null, value] : expected) value = null ? "NULL" : value;
  EXPECT_EQ(ParseArray(text).value(), expected);
  EXPECT_EQ(FormatArray({}), "{}");
  EXPECT_TRUE(ParseArray("{}")->empty());
}

TEST(SqlText, Array_AsTheServerWritesIt_IsRead) {
  EXPECT_EQ(ParseArray(R"({a,NULL,"b c"})").value(),
            (std::vector<SqlText>{{false, "a"}, {true, "NULL"}, {false, "b c"}}));
}

TEST(SqlText, Array_Broken_IsRefused) {
  for (const char* text : {"", "{", "a", "{a", "{a,", "{\"a}", "{a}x", "{a\\", "{\"a\"x}"})
    EXPECT_FALSE(ParseArray(text).ok()) << text;
}

TEST(SqlText, Array_RandomBytes_NeverCrashAndRoundTrip) {
  SeededRandom random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const char letters[] = "{}\",\\aN ";
    for (uint64_t i = random.Below(12); i > 0; --i)
      text += letters[random.Below(sizeof(letters) - 1)];
    (void)ParseArray(text);
    EXPECT_EQ(ParseArray(FormatArray({{false, text}, {false, "x"}})).value(),
              (std::vector<SqlText>{{false, text}, {false, "x"}}));
  }
}

TEST(SqlText, Time_WithAndWithoutFraction) {
  EXPECT_EQ(FormatTime(ParseTime("2026-01-31 12:00:00.123456+00").value()),
            "2026-01-31T12:00:00.123456Z");
  EXPECT_EQ(FormatTime(ParseTime("2026-01-31 12:00:00.12+00").value()),
            "2026-01-31T12:00:00.120000Z");
  EXPECT_EQ(FormatTime(ParseTime("1999-12-31 23:59:59+00").value()), "1999-12-31T23:59:59.000000Z");
}

TEST(SqlText, Time_Broken_IsRefused) {
  for (const char* text : {"", "infinity", "2026-13-01 00:00:00+00", "2026-01-31 12:00:00+01",
                           "2026-01-31 12:00:00", "2026-01-31"}) {
    EXPECT_FALSE(ParseTime(text).ok()) << text;
  }
}

TEST(SqlText, Bytea_ReadsHexAndRefusesTheRest) {
  EXPECT_EQ(ParseBytea("\\x00ff61").value(), std::string("\0\xff"
                                                         "a",
                                                         3));
  EXPECT_EQ(ParseBytea("\\x").value(), "");
  for (const char* text : {"", "\\x0", "\\xzz", "abcd"})
    EXPECT_FALSE(ParseBytea(text).ok()) << text;
}

TEST(Hint, FormattedThenParsed_IsTheSame) {
  using Kind = ports::Hint::Kind;
  for (const Kind kind :
       {Kind::kRepository, Kind::kApplication, Kind::kBuild, Kind::kBuildLog, Kind::kQueue}) {
    const ports::Hint hint{kind, "a:b"};
    EXPECT_EQ(ParseHint(FormatHint(hint)), hint);
  }
  EXPECT_EQ(FormatHint({Kind::kQueue, ""}), "queue:");
  for (const char* payload :
       {"", "queue", "other:1", ":", "build:a b", "build:\n", "build:\xff\x01"})
    EXPECT_FALSE(ParseHint(payload)) << payload;
  EXPECT_FALSE(ParseHint("application:" + std::string(7900, 'a')));
}

TEST(PgError, Codes_SayWhatTheCallerDoesNext) {
  EXPECT_EQ(StatusOf({"", "server closed the connection", ""}).code(), Code::kUnavailable);
  EXPECT_EQ(StatusOf({"57P01", "terminating", ""}).code(), Code::kUnavailable);
  EXPECT_EQ(StatusOf({"53300", "too many", ""}).code(), Code::kUnavailable);
  EXPECT_EQ(StatusOf({"57014", "statement timeout", ""}).code(), Code::kUnavailable);
  EXPECT_EQ(StatusOf({"40P01", "deadlock", ""}).reason(), kLostToAnother);
  EXPECT_EQ(StatusOf({"23505", "duplicate", "repositories_url"}).code(), Code::kExists);
  EXPECT_EQ(StatusOf({"23505", "duplicate", "unheard_of"}).code(), Code::kExists);
  EXPECT_EQ(StatusOf({"23503", "missing", "applications_repository_id_fkey"}).code(),
            Code::kNotFound);
  EXPECT_EQ(StatusOf({"22021", "invalid byte sequence", ""}).code(), Code::kInvalid);
  EXPECT_EQ(StatusOf({"42P01", "no such table", ""}).reason(), "SchemaDiffers");
  EXPECT_EQ(StatusOf({"42601", "syntax", ""}).code(), Code::kInternal);
}

TEST(PgError, EachThatPasses_HasAReasonAndSaysWhatToDo) {
  const std::pair<const char*, const char*> expected[] = {{"", "DatabaseUnreachable"},
                                                          {"08006", "DatabaseUnreachable"},
                                                          {"57P03", "DatabaseUnreachable"},
                                                          {"57P01", "DatabaseStopping"},
                                                          {"25006", "DatabaseReadOnly"},
                                                          {"53100", "DatabaseFull"},
                                                          {"53300", "DatabaseSessionsExhausted"},
                                                          {"53200", "DatabaseOutOfMemory"},
                                                          {"57014", "DatabaseSlow"},
                                                          {"55P03", "DatabaseSlow"},
                                                          {"28P01", "DatabaseDenied"},
                                                          {"3D000", "DatabaseMissing"},
                                                          {"58030", "DatabaseBroken"},
                                                          {"40001", kLostToAnother},
                                                          {"0A000", kLostToAnother}};
  for (const auto& [state, reason] : expected) {
    const Status status = StatusOf({state, "words", ""});
    EXPECT_EQ(status.code(), Code::kUnavailable) << state;
    EXPECT_EQ(status.reason(), reason) << state;
    EXPECT_NE(status.message().find("words"), std::string::npos) << state;
  }
}

TEST(PgError, WordsOfAFailedConnection_TellTheCode) {
  const PgError full = ParseVerbose(
      "connection to server on socket \"/s\" failed: FATAL:  53300: sorry, too many clients "
      "already "
      "LOCATION:  InitProcess, proc.c:360");
  EXPECT_EQ(full.sqlstate, "53300");
  EXPECT_EQ(full.message, "sorry, too many clients already");
  EXPECT_EQ(ParseVerbose("connection refused: ABCDE is down").sqlstate, "");
  EXPECT_EQ(ParseVerbose("could not: connect:").sqlstate, "");
  EXPECT_EQ(ParseVerbose("").message, "");
}

}  // namespace
}  // namespace ns::store
