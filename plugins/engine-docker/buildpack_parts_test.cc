// The pure parts of building by buildpacks.
#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "buildpack_cache.h"
#include "config.h"
#include "digest/digest.h"
#include "lifecycle_files.h"
#include "phase_docker.h"

namespace ns::engine_docker {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// As lifecycle 0.21.17 writes it.
constexpr const char* kMetadata = R"(buildpack-default-process-type = "web"

[[buildpacks]]
  id = "test/procfile"
  version = "1"

[[processes]]
  type = "task"
  command = ["/bin/sh", "-c", "type = \"no\""]
  direct = true

[[processes]]
  type = "web"
  command = ["/bin/sh"]
)";

TEST(LifecycleFiles, Processes_AreReadInTheirOrder) {
  const Processes processes = ParseProcesses(kMetadata);
  EXPECT_THAT(processes.types, ElementsAre("task", "web"));
  EXPECT_EQ(processes.by_default, "web");
  EXPECT_EQ(InWords(processes), "task, web (default)");
}

TEST(LifecycleFiles, MetadataThatSomebodyWrote_GivesNoOddTypes) {
  const Processes processes = ParseProcesses(
      "buildpack-default-process-type = \"a b\"\n[[processes]]\ntype = \"../x\"\n"
      "type = \"$(id)\"\ntype = \"\"\n[[buildpacks]]\ntype = \"web\"\n");
  EXPECT_THAT(processes.types, IsEmpty());
  EXPECT_EQ(processes.by_default, "");
  EXPECT_THAT(ParseProcesses("\n[[processes").types, IsEmpty());
}

TEST(LifecycleFiles, DefaultProcess_IsNamedOrWebOrTheOnlyOne) {
  EXPECT_EQ(DefaultProcess({{"web", "task"}, "task"}), "task");
  EXPECT_EQ(DefaultProcess({{"task", "web"}, ""}), "web");
  EXPECT_EQ(DefaultProcess({{"task"}, ""}), "task");
  EXPECT_EQ(DefaultProcess({{"task", "clock"}, ""}), "");
  EXPECT_EQ(DefaultProcess({}), "");
}

TEST(LifecycleFiles, Report_GivesItsDigestOrNothing) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  EXPECT_EQ(ParseReport("[image]\n  tags = [\"r/a:1\"]\n  digest = \"" + digest +
                        "\"\n  manifest-size = 1552\n"),
            digest);
  EXPECT_EQ(ParseReport("[image]\n  image-id = \"x\"\n"), "");
  EXPECT_EQ(ParseReport("digest = \"sha256:abc\"\n"), "");
  EXPECT_EQ(ParseReport("digest = \"sha256:" + std::string(64, 'G') + "\"\n"), "");
}

TEST(LifecycleFiles, RunImage_IsThereWhereItHasAReference) {
  EXPECT_TRUE(HasRunImage("[image]\n  reference = \"\"\n[run-image]\n  reference = \"r@x\"\n"));
  EXPECT_FALSE(HasRunImage("[image]\n  reference = \"x\"\n\n[run-image]\n  reference = \"\"\n"));
  EXPECT_FALSE(HasRunImage(""));
}

TEST(LifecycleFiles, Group_NamesBuildpacksThatHaveAFolder) {
  EXPECT_TRUE(
      IsGroup("[[group]]\n  id = \"test/cached\"\n  version = \"1\"\n"
              "[[group]]\n  id = \"a.b_c-d\"\n"));
  for (const char* id : {"..", ".", "/", "", "a b", "a\\nb", "$(x)"})
    EXPECT_FALSE(
        IsGroup("[[group]]\n  id = \"a\"\n[[group]]\n  id = \"" + std::string(id) + "\"\n"))
        << id;
  for (const char* line : {"id = 'a'", "\"id\" = \"..\"", "group = [{id = \"..\"}]", "[group]",
                           "id = \"..\" # \"", "\"\"\"", "i\\u0064 = \"..\""})
    EXPECT_FALSE(IsGroup("[[group]]\nid = \"a\"\n" + std::string(line) + "\n")) << line;
  EXPECT_TRUE(IsGroup("[[group]]\n  id = \"a\"\n  optional = true\n  homepage = \"https://x\"\n"));
  EXPECT_FALSE(IsGroup(""));
}

TEST(LifecycleFiles, RegistryConfig_IsForTheHostOfTheImageAlone) {
  EXPECT_EQ(RegistryConfig("127.0.0.1:5000/ns/app:1", "", "x"), "");
  EXPECT_EQ(RegistryConfig("127.0.0.1:5000/ns/app:1", "ns", "a\"b"),
            R"({"auths":{"127.0.0.1:5000":{"username":"ns","password":"a\"b"}}})");
}

TEST(LifecycleFiles, EmptyLayout_IsAnImageWhoseDigestsHold) {
  const auto files = EmptyLayout("layout", "nothing", "linux", "arm64", {1000, 1001});
  const std::string root = "layout/index.docker.io/library/nothing/latest/";
  std::map<std::string, std::string> contents;
  for (const TarFile& file : files) {
    contents[file.path] = file.content;
    EXPECT_EQ(file.owner.uid, 1000);
    EXPECT_EQ(file.owner.gid, 1001);
  }
  const auto blob = [&](const json::value& descriptor) {
    const std::string digest(descriptor.at("digest").as_string().subview(7));
    const std::string content = contents.at(root + "blobs/sha256/" + digest);
    EXPECT_EQ(digest::Sha256Hex(content), digest);
    EXPECT_EQ(descriptor.at("size").to_number<size_t>(), content.size());
    return content;
  };
  const json::value manifest =
      json::parse(blob(json::parse(contents.at(root + "index.json")).at("manifests").at(0)));
  const json::value config = json::parse(blob(manifest.at("config")));
  EXPECT_EQ(config.at("architecture").as_string(), "arm64");
  EXPECT_EQ(config.at("rootfs").at("diff_ids").at(0), manifest.at("layers").at(0).at("digest"));
  EXPECT_EQ(blob(manifest.at("layers").at(0)).size(), 1024u);
}

TEST(LifecycleFiles, Variables_AreAFileEach) {
  const auto files = PlatformEnv({{"A", "1\n", false}, {"B", "hush", true}}, {7, 8});
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(files[1].path, "env/A");
  EXPECT_EQ(files[1].content, "1\n");
  EXPECT_EQ(files[2].mode, 0400);
  EXPECT_EQ(files[2].owner.uid, 7);
}

TEST(PhaseDocker, Phase_HasLimitsAndNothingThatItDoesNotNeed) {
  PhaseSpec spec;
  spec.name = "n";
  spec.image = "builder:1";
  spec.user = "1000:1000";
  spec.command = {"/cnb/lifecycle/builder"};
  spec.volumes = {{"v", "/layers"}};
  spec.network = "bridge";
  spec.memory = 100;
  spec.nano_cpus = 7;
  spec.pids = 9;
  const json::value host = json::parse(RenderPhase(spec)).at("HostConfig");
  EXPECT_EQ(host.at("CapDrop").at(0).as_string(), "ALL");
  EXPECT_TRUE(host.at("CapAdd").as_array().empty());
  EXPECT_EQ(host.at("SecurityOpt").at(0).as_string(), "no-new-privileges");
  EXPECT_EQ(host.at("Memory").to_number<int>(), 100);
  EXPECT_EQ(host.at("MemorySwap").to_number<int>(), 100);
  EXPECT_EQ(host.at("NanoCpus").to_number<int>(), 7);
  EXPECT_EQ(host.at("PidsLimit").to_number<int>(), 9);
  EXPECT_EQ(host.at("Binds").at(0).as_string(), "v:/layers");
  spec.memory = spec.pids = 0;
  const json::value free = json::parse(RenderPhase(spec)).at("HostConfig");
  EXPECT_EQ(free.as_object().count("MemorySwap") + free.as_object().count("PidsLimit"), 0u);
}

TEST(PhaseDocker, Image_TellsItsPlatformAndEnvironment) {
  const ImageFacts facts = ParseImageFacts(
      R"({"Os":"linux","Architecture":"amd64","Config":{"Env":["CNB_USER_ID=1000","A=b=c","X"]}})");
  EXPECT_EQ(facts.os + facts.architecture, "linuxamd64");
  EXPECT_EQ(facts.env.at("CNB_USER_ID"), "1000");
  EXPECT_EQ(facts.env.at("A"), "b=c");
  EXPECT_EQ(facts.env.at("X"), "");
  EXPECT_TRUE(ParseImageFacts("no json").env.empty());
}

TEST(PhaseDocker, Volumes_TellLabelsAndSizes) {
  const auto volumes = ParseVolumes(
      R"({"Volumes":[{"Name":"a","Labels":{"k":"v"},"UsageData":{"Size":5}},{"Name":"b","Labels":null,"UsageData":{"Size":-1}}]})");
  ASSERT_EQ(volumes.size(), 2u);
  EXPECT_EQ(volumes[0].labels.at("k"), "v");
  EXPECT_EQ(volumes[0].size, 5);
  EXPECT_EQ(volumes[1].size, 0);
  EXPECT_THAT(ParseVolumes(R"({"Volumes":null})"), IsEmpty());
}

TEST(BuildpackConfig, LimitsOfItsOwn_AreReadOrKnown) {
  EXPECT_EQ(ParseConfig("{}", {1 << 30, 2}).pids, 4096);
  EXPECT_EQ(ParseConfig("{}", {1 << 30, 2}).buildpack_cache, int64_t{10} << 30);
  const Config config = ParseConfig(R"({"pids":7,"buildpack_cache":"2G"})", {1 << 30, 2});
  EXPECT_EQ(config.pids, 7);
  EXPECT_EQ(config.buildpack_cache, int64_t{2} << 30);
}

TEST(BuildpackCaches, Uses_SurviveBeingWritten) {
  const CacheUses uses{{"a", 5}, {"nscache-b", 1795689080}};
  EXPECT_EQ(ParseUses(RenderUses(uses)), uses);
  EXPECT_TRUE(ParseUses("").empty());
  EXPECT_EQ(ParseUses("odd\na x\n\nb 7"), (CacheUses{{"a", 0}, {"b", 7}}));
}

TEST(BuildpackCaches, OnesUnusedLongest_MakeRoom) {
  const std::vector<VolumeFacts> volumes{{"a", {}, 40}, {"b", {}, 40}, {"c", {}, 40}};
  const CacheUses uses{{"a", 1000}, {"b", 3000}, {"c", 2000}};
  EXPECT_THAT(CachesToDrop(volumes, uses, 3000, 120), IsEmpty());
  EXPECT_THAT(CachesToDrop(volumes, uses, 3000, 100), ElementsAre("a"));
  EXPECT_THAT(CachesToDrop(volumes, uses, 3000, 40), ElementsAre("c", "a"));
  EXPECT_THAT(CachesToDrop(volumes, uses, 3000, 39), ElementsAre("b", "c", "a"));
}

TEST(BuildpackCaches, OneTooLarge_DoesNotTakeTheOthersRoom) {
  EXPECT_THAT(CachesToDrop({{"a", {}, 40}, {"huge", {}, 400}}, {{"a", 1}, {"huge", 2}}, 3, 100),
              ElementsAre("huge"));
}

TEST(BuildpackCaches, UnusedForAMonth_GoInAnyCase) {
  const int64_t now = 40 * 24 * 3600;
  EXPECT_THAT(CachesToDrop({{"old", {}, 1}, {"new", {}, 1}, {"unknown", {}, 1}},
                           {{"old", 24 * 3600}, {"new", now - 1}}, now, 100),
              ElementsAre("old"));
}

}  // namespace
}  // namespace ns::engine_docker
