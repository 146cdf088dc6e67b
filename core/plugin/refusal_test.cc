// What is not loaded, and what the operator is told.
#include <gmock/gmock.h>

#include <unistd.h>

#include "plugin/testing/host_fixture.h"

namespace ns::plugin {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class RefusalTest : public PluginHostTest {
 protected:
  // Loads the sample as `kinds`, expects one refusal, and that its words name the file, both
  // versions and what to do.
  Refusal RefusalOf(const Wanted& wanted, const std::vector<std::string>& kinds = {kBackendKind}) {
    const LoadReport report = Host().Load({wanted}, kinds);
    EXPECT_TRUE(report.loaded.empty());
    EXPECT_EQ(report.refused.size(), 1u);
    if (report.refused.empty()) return {};
    const Refusal refusal = report.refused[0];
    EXPECT_THAT(refusal.Message(),
                AllOf(HasSubstr(refusal.file), HasSubstr(refusal.what), HasSubstr(refusal.remedy)));
    EXPECT_THAT(refusal.Message(),
                AllOf(HasSubstr(refusal.plugin_version), HasSubstr("0.1.0"), HasSubstr("ABI 1.0")));
    EXPECT_FALSE(refusal.remedy.empty());
    const auto states = Host().States();
    EXPECT_EQ(states.size(), 1u);
    EXPECT_EQ(states[0].reason, refusal.reason);
    EXPECT_FALSE(states[0].healthy);
    return refusal;
  }
  Refusal SampleRefusal() { return RefusalOf(Sample()); }
};

TEST_F(RefusalTest, WrongMajor_NamesBothNumbers) {
  Patch(library(), "\"major\": 1", "\"major\": 2");
  Patch(manifest(), "\"major\": 1", "\"major\": 2");
  const Refusal refusal = SampleRefusal();
  EXPECT_EQ(refusal.reason, "AbiMajor");
  EXPECT_EQ(refusal.plugin_version, "1.2.3");
  EXPECT_EQ(refusal.plugin_abi, "2.0");
  EXPECT_EQ(refusal.host_abi, "1.0");
  EXPECT_EQ(refusal.what, "it was built for plugin ABI 2.0, this host speaks 1.0");
  EXPECT_EQ(refusal.remedy, "Upgrade NeoShowcase, or install a build of the plugin for ABI 1");
}

TEST_F(RefusalTest, EntryOfAnotherMajor_IsSeenWithoutRunning) {
  Patch(library(), "ns_plugin_entry_v1", "ns_plugin_entry_v2");
  const Refusal refusal = SampleRefusal();
  EXPECT_EQ(refusal.reason, "AbiMajor");
  EXPECT_THAT(refusal.what, HasSubstr("ns_plugin_entry_v2"));
}

TEST_F(RefusalTest, NeedsNewerMinor_IsRefused) {
  for (const std::string& file : {library(), manifest()})
    Patch(file, "\"needs_minor\": 0", "\"needs_minor\": 7");
  const Refusal refusal = SampleRefusal();
  EXPECT_EQ(refusal.reason, "AbiMinor");
  EXPECT_THAT(refusal.what, HasSubstr("needs 1.7"));
}

TEST_F(RefusalTest, MissingSymbol_IsRefused) {
  Patch(library(), "ns_plugin_entry_v1", "no_plugin_entry_v1");
  EXPECT_EQ(SampleRefusal().reason, "SymbolMissing");
}

TEST_F(RefusalTest, ManifestThatDiffersFromTheSection_IsRefused) {
  Patch(manifest(), "1.2.3", "1.2.4");
  const Refusal refusal = SampleRefusal();
  EXPECT_EQ(refusal.reason, "ManifestDiffers");
  EXPECT_EQ(refusal.plugin_version, "1.2.3");  // what the library says
}

TEST_F(RefusalTest, ManifestMissing_IsRefused) {
  std::filesystem::remove(manifest());
  EXPECT_EQ(SampleRefusal().reason, "ManifestMissing");
}

TEST_F(RefusalTest, HandshakeRefused_IsTold) {
  for (const std::string& file : {library(), manifest()})
    Patch(file, "\"id\": \"org.example.sample\"", "\"id\": \"org.example.sampla\"");
  EXPECT_EQ(SampleRefusal().reason, "HandshakeRefused");
}

TEST_F(RefusalTest, FileOthersMayWrite_IsRefused) {
  ::chmod(library().c_str(), 0666);
  const Refusal refusal = SampleRefusal();
  EXPECT_EQ(refusal.reason, "PluginUnsafe");
  EXPECT_EQ(refusal.remedy, "Take that right away: chmod go-w " + library());
}

TEST_F(RefusalTest, FolderOthersMayWrite_IsRefused) {
  ::chmod(plugins().c_str(), 0777);
  EXPECT_EQ(SampleRefusal().reason, "PluginUnsafe");
}

TEST_F(RefusalTest, FileOfAnotherUser_IsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  ASSERT_EQ(::chown(library().c_str(), 4711, 0), 0);
  const Refusal refusal = SampleRefusal();
  EXPECT_EQ(refusal.reason, "PluginUnsafe");
  EXPECT_THAT(refusal.what, HasSubstr("4711"));
}

TEST_F(RefusalTest, Unsafe_IsToldWhateverKindItClaims) {
  ::chmod(library().c_str(), 0666);
  EXPECT_EQ(RefusalOf(Sample(), {"ns.other/1"}).reason, "PluginUnsafe");
}

TEST_F(RefusalTest, NoLibrary_NamesTheFoldersSearched) {
  const Refusal refusal = RefusalOf({"x", "nowhere", false, "{}", ""});
  EXPECT_EQ(refusal.reason, "PluginMissing");
  EXPECT_THAT(refusal.file, AllOf(HasSubstr(folder_ + "/empty/nowhere.so"),
                                  HasSubstr(plugins() + "/nowhere.so")));
}

TEST_F(RefusalTest, NoElf_IsRefused) {
  WriteText(library(), "#!/bin/sh\n");
  EXPECT_EQ(SampleRefusal().reason, "NotAPlugin");
}

TEST_F(RefusalTest, KindNobodyKnows_IsRefused) {
  for (const std::string& file : {library(), manifest()}) {
    for (const std::string kind : {"backend", "build", "engine", "service"})
      Patch(file, "\"ns." + kind + "/1\"", "\"xx." + kind + "/1\"");
  }
  EXPECT_EQ(SampleRefusal().reason, "KindUnknown");
}

TEST_F(RefusalTest, ConfigThatDoesNotFit_NamesPlaceAndRule) {
  const Refusal refusal = RefusalOf(Sample(R"({"limit": 0, "mode": "odd"})"));
  EXPECT_EQ(refusal.reason, "ConfigInvalid");
  EXPECT_THAT(refusal.what, AllOf(HasSubstr("plugins.sample.config (config.yaml:3:5)"),
                                  HasSubstr("/limit"), HasSubstr("/mode")));
}

TEST_F(RefusalTest, CreateThatFails_SaysWhy) {
  const Refusal refusal = RefusalOf(Sample(R"({"mode": "fail-create"})"));
  EXPECT_EQ(refusal.reason, "CreateFailed");
  EXPECT_EQ(refusal.what, "the sample shall not be made (SampleBroken)");
}

TEST_F(RefusalTest, CreateThatThrows_SaysWhy) {
  const Refusal refusal = RefusalOf(Sample(R"({"mode": "throw-create"})"));
  EXPECT_EQ(refusal.reason, "CreateFailed");
  EXPECT_EQ(refusal.what, "constructor threw (Defect)");
}

TEST_F(RefusalTest, ActivateThatFails_SaysWhy) {
  EXPECT_EQ(RefusalOf(Sample(R"({"mode": "fail-activate"})")).reason, "ActivateFailed");
}

TEST_F(RefusalTest, OneRefused_TheRestGoesOn) {
  Install("test-plain-c");
  const LoadReport report =
      Host().Load({Sample(R"({"mode": "fail-create"})"), {"c", "test-plain-c", true, "{}", ""}},
                  {kBackendKind, kBuildKind});
  ASSERT_EQ(report.loaded.size(),
            2u);  // the sample's build method, which has no such mode, and the one in C
  EXPECT_EQ(report.loaded[1].instance, "c");
  EXPECT_EQ(report.refused.size(), 1u);
  EXPECT_TRUE(Host().Ready().ok());
}

TEST_F(RefusalTest, RequiredOneRefused_HostIsNotReady) {
  std::filesystem::remove(library());
  Host().Load({Sample("{}", true)}, {kBackendKind});
  const Status ready = Host().Ready();
  EXPECT_EQ(ready.code(), Code::kUnavailable);
  EXPECT_EQ(ready.reason(), "PluginMissing");
  EXPECT_THAT(ready.message(), HasSubstr("required plugin instance sample"));
}

}  // namespace
}  // namespace ns::plugin
