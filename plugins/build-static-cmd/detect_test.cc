#include "detect.h"

#include <gmock/gmock.h>

#include "build/testing/source_of.h"

namespace ns::build_static_cmd {
namespace {

using build::testing::SourceOf;
using ::testing::HasSubstr;

using Files = std::map<std::string, std::string>;

sdk::Suggestion Best(const Files& files) { return Detect(SourceOf(files)).at(0); }

// package.json with these dependencies and scripts.
std::string Package(const std::string& dependencies,
                    const std::string& scripts = "\"build\":\"x\"") {
  return "{\"dependencies\":{" + dependencies + "},\"scripts\":{" + scripts + "}}";
}

struct Framework {
  const char *dependency, *scripts, *script, *folder;
};

class FrameworkOf : public ::testing::TestWithParam<Framework> {};

TEST_P(FrameworkOf, PackageJson_GivesScriptAndFolder) {
  const Framework& one = GetParam();
  const auto told =
      Best({{"package.json",
             Package("\"vite\":\"1\",\"" + std::string(one.dependency) + "\":\"1\"", one.scripts)},
            {"package-lock.json", "{}"},
            {"next.config.mjs", "export default { output: 'export' }"}});
  EXPECT_EQ(told.fit, 85);
  EXPECT_EQ(told.settings, std::string(R"({"base_image":"node:22","build_cmd":"npm ci\nnpm run )") +
                               one.script + "\"}");
  EXPECT_EQ(told.artifact_path, one.folder);
}

INSTANTIATE_TEST_SUITE_P(
    Detect, FrameworkOf,
    ::testing::Values(
        Framework{"vite", "\"build\":\"vite build\"", "build", "dist"},
        Framework{"next", "\"build\":\"next build\"", "build", "out"},
        Framework{"react-scripts", "\"build\":\"x\",\"start\":\"y\"", "build", "build"},
        Framework{"astro", "\"build\":\"astro build\"", "build", "dist"},
        Framework{"gatsby", "\"build\":\"x\"", "build", "public"},
        Framework{"nuxt", "\"build\":\"x\",\"generate\":\"y\"", "generate", ".output/public"},
        Framework{"@vue/cli-service", "\"build\":\"x\"", "build", "dist"},
        Framework{"@11ty/eleventy", "\"build\":\"x\"", "build", "_site"},
        Framework{"@docusaurus/core", "\"build\":\"x\"", "build", "build"}));

TEST(DetectStaticCmd, ViteWithAFolderOfItsOwn_IsTaken) {
  const Files files = {{"package.json", Package("\"vite\":\"1\"")},
                       {"vite.config.ts", "export default { build: { outDir: './out' } }"}};
  EXPECT_EQ(Best(files).artifact_path, "out");
  Files outside = files;
  outside["vite.config.ts"] = "export default { build: { outDir: '../out' } }";
  EXPECT_EQ(Best(outside).artifact_path, "dist");
}

TEST(DetectStaticCmd, FrameworkThatRendersOnAServer_DoesNotFit) {
  for (const auto& dependencies :
       {"\"next\":\"1\"", "\"nuxt\":\"1\"", "\"@sveltejs/kit\":\"1\",\"vite\":\"1\"",
        "\"astro\":\"1\",\"@astrojs/node\":\"1\""})
    EXPECT_EQ(Best({{"package.json", Package(dependencies)}}).fit, 0) << dependencies;
}

TEST(DetectStaticCmd, SiteBesideAServer_FitsLess) {
  const auto told = Best({{"package.json", Package("\"vite\":\"1\",\"express\":\"1\"")}});
  EXPECT_EQ(told.fit, 40);
  EXPECT_THAT(told.why, HasSubstr("express"));
}

TEST(DetectStaticCmd, BuildOfWhoKnowsWhat_IsAGuess) {
  const auto told = Best({{"package.json", Package("")}});
  EXPECT_EQ(told.fit, 35);
  EXPECT_THAT(told.why, HasSubstr("guess"));
}

TEST(DetectStaticCmd, Generators_AreKnown) {
  const auto hugo = Best({{"hugo.toml", "publishDir = \"www\"\n"}});
  EXPECT_EQ(hugo.artifact_path, "www");
  EXPECT_THAT(hugo.settings, HasSubstr("hugo --minify"));
  EXPECT_EQ(Best({{"config.toml", ""}, {"content/a.md", ""}}).artifact_path, "public");
  const auto mkdocs = Best({{"mkdocs.yml", "site_name: x\n"}, {"docs/index.md", ""}});
  EXPECT_EQ(mkdocs.artifact_path, "site");
  EXPECT_THAT(mkdocs.settings, HasSubstr("pip install mkdocs"));
  const auto jekyll = Best({{"_config.yml", ""}, {"Gemfile", "gem 'jekyll'\n"}});
  EXPECT_EQ(jekyll.artifact_path, "_site");
  EXPECT_EQ(Best({{"config.toml", ""}}).fit, 0) << "anything may have one";
}

TEST(DetectStaticCmd, Pages_NeedNoBuild) {
  const auto root = Best({{"index.html", ""}, {"style.css", ""}});
  EXPECT_EQ(root, (sdk::Suggestion{75, "{}", ".", "",
                                   "There is an index.html at the root and nothing to build."}));
  const auto folder = Best({{"README.md", ""}, {"public/index.html", ""}});
  EXPECT_EQ(folder.fit, 60);
  EXPECT_EQ(folder.artifact_path, "public");
  EXPECT_THAT(Best({{"index.html", ""}, {"package.json", Package("\"vite\":\"1\"")}}).why,
              HasSubstr("Vite"));
}

TEST(DetectStaticCmd, NothingOfASite_DoesNotFitAndSaysWhy) {
  EXPECT_EQ(Best({}), (sdk::Suggestion{0, "{}", "", "", "The repository is empty."}));
  EXPECT_THAT(Best({{"main.go", ""}}).why, HasSubstr("no index.html"));
  EXPECT_EQ(Best({{"package.json", "{"}}).fit, 0);
}

}  // namespace
}  // namespace ns::build_static_cmd
