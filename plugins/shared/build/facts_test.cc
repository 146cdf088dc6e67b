#include <gmock/gmock.h>

#include "build/dockerfiles.h"
#include "build/file_facts.h"
#include "build/node_package.h"
#include "build/suggest.h"
#include "build/testing/source_of.h"

namespace ns::build {
namespace {

using build::testing::SourceOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Found(const std::map<std::string, std::string>& files) {
  std::vector<std::string> found;
  for (const DockerfileAt& one : FindDockerfiles(SourceOf(files)))
    found.push_back(one.path + " in " + one.context + (one.variant ? " variant" : ""));
  return found;
}

TEST(Dockerfiles, LikeliestFirst) {
  EXPECT_THAT(Found({{"Containerfile", ""},
                     {"Dockerfile", ""},
                     {"Dockerfile.dev", ""},
                     {"Dockerfile.dockerignore", ""},
                     {"a/b/Dockerfile", ""},
                     {"a/b/main.go", ""},
                     {"docker/Dockerfile", ""},
                     {"docker/api.dockerfile", ""}}),
              ElementsAre("Dockerfile in .", "Containerfile in .", "Dockerfile.dev in . variant",
                          "docker/Dockerfile in .", "a/b/Dockerfile in a/b",
                          "docker/api.dockerfile in . variant"));
}

TEST(Dockerfiles, OfOthersOrDeep_AreLeftOut) {
  EXPECT_THAT(Found({{"a/b/c/d/Dockerfile", ""},
                     {"a/vendor/x/Dockerfile", ""},
                     {"my.Dockerfile.txt", ""},
                     {"node_modules/x/Dockerfile", ""}}),
              ElementsAre());
}

TEST(ServedFolder, WebServerInTheLastStage_IsItsFolder) {
  EXPECT_EQ(ServedFolder("FROM node AS build\nRUN x\nFROM nginx:1.27-alpine\n"
                         "COPY --from=build /app/dist /usr/share/nginx/html\n"),
            "/usr/share/nginx/html");
  EXPECT_EQ(ServedFolder("from --platform=linux/amd64 docker.io/library/httpd@sha256:0\n"
                         "add site/ /usr/local/apache2/htdocs/\n"),
            "/usr/local/apache2/htdocs");
}

TEST(ServedFolder, AnythingElse_IsNone) {
  for (const char* text :
       {"", "FROM nginx\nCOPY nginx.conf /etc/nginx/nginx.conf\n",
        "FROM nginx\nCOPY a /usr/share/nginx/html\nFROM debian\nCMD x\n",
        "FROM node\nCOPY a /usr/share/nginx/html\n",
        "FROM my/nginx-proxy\nCOPY a /usr/share/nginx/html\n", "FROM --platform=x\n"})
    EXPECT_EQ(ServedFolder(text), std::nullopt) << text;
}

TEST(ValueOf, TomlAndYaml_AreReadByLine) {
  const std::string toml =
      "top = 1 # one\n[package]\nname = \"shop\"\nnamed = 2\n[dependencies]\nname = \"other\"\n";
  EXPECT_EQ(ValueOf(toml, "name", "package"), "shop");
  EXPECT_EQ(ValueOf(toml, "top"), "1");
  EXPECT_EQ(ValueOf(toml, "name"), "");
  EXPECT_EQ(ValueOf("site_name: x\nsite_dir: 'out'  # here\r\n", "site_dir"), "out");
}

TEST(NodePackage, LockFile_SaysHowToInstall) {
  const auto install = [](const std::string& lock) {
    return ReadNodePackage(SourceOf({{lock, ""}, {"package.json", "{}"}}))->install;
  };
  EXPECT_EQ(install("package-lock.json"), "npm ci");
  EXPECT_EQ(install("none"), "npm install");
  EXPECT_THAT(install("yarn.lock"), HasSubstr("yarn install"));
  EXPECT_THAT(install("pnpm-lock.yaml"), HasSubstr("pnpm install --frozen-lockfile"));
}

TEST(NodePackage, Engines_ChooseTheImage) {
  const auto image = [](const std::string& node) {
    return ReadNodePackage(SourceOf({{"package.json", R"({"engines":{"node":")" + node + "\"}}"}}))
        ->image;
  };
  EXPECT_EQ(image("20.x"), "node:20");
  EXPECT_EQ(image("^18.2"), "node:18");
  EXPECT_EQ(image(">=18"), "node:22");
  EXPECT_EQ(image("lts"), "node:22");
}

TEST(NodePackage, NoJson_IsNoPackage) {
  EXPECT_EQ(ReadNodePackage(SourceOf({{"package.json", "{"}})), std::nullopt);
  EXPECT_EQ(ReadNodePackage(SourceOf({{"package.json", "[]"}})), std::nullopt);
  EXPECT_EQ(ReadNodePackage(SourceOf({{"web/package.json", "{}"}})), std::nullopt);
}

TEST(Misfit, ListingThatIsNotAll_SaysSo) {
  auto source = SourceOf({{"a", ""}});
  EXPECT_EQ(Misfit(source, "No x.").why, "No x.");
  source.truncated = true;
  EXPECT_EQ(Misfit(source, "No x.").why, "No x. Only the first 1 files were looked at.");
  EXPECT_EQ(Misfit(source, "No x.").fit, 0);
}

}  // namespace
}  // namespace ns::build
