#include "detect.h"

#include <gmock/gmock.h>

#include "build/testing/source_of.h"

namespace ns::build_runtime_cmd {
namespace {

using build::testing::SourceOf;
using ::testing::HasSubstr;

using Files = std::map<std::string, std::string>;

sdk::Suggestion Best(const Files& files) { return Detect(SourceOf(files)).at(0); }

std::string Settings(const std::string& image, const std::string& script) {
  return R"({"base_image":")" + image + R"(","build_cmd":")" + script + "\"}";
}

const std::string kMain = "// x\npackage main\n";

TEST(DetectRuntimeCmd, GoModule_IsBuiltToOneProgram) {
  const auto told = Best({{"go.mod", "module x\n\ngo 1.22.3\n"}, {"main.go", kMain}});
  EXPECT_EQ(told,
            (sdk::Suggestion{
                80, Settings("golang:1.22", "CGO_ENABLED=0 go build -o /usr/local/bin/app ."), "",
                "/usr/local/bin/app", "go.mod is of a Go module with a program at its root."}));
}

TEST(DetectRuntimeCmd, GoProgramsInCmd_TheFirstIsTaken) {
  const Files one = {{"cmd/web/main.go", kMain}, {"go.mod", "module x\n"}, {"lib.go", "package x"}};
  EXPECT_EQ(Best(one).settings,
            Settings("golang:1", "CGO_ENABLED=0 go build -o /usr/local/bin/app ./cmd/web"));
  Files two = one;
  two["cmd/admin/main.go"] = kMain;
  EXPECT_EQ(Best(two).fit, 60);
  EXPECT_THAT(Best(two).settings, HasSubstr("./cmd/admin"));
  EXPECT_EQ(Best({{"go.mod", ""}, {"lib.go", "package x"}}).fit, 0) << "a library";
}

TEST(DetectRuntimeCmd, CargoPackage_IsInstalled) {
  const std::string manifest = "[package]\nname = \"shop\"\n\n[dependencies]\nname = \"x\"\n";
  const auto told = Best({{"Cargo.lock", ""}, {"Cargo.toml", manifest}, {"src/main.rs", ""}});
  EXPECT_EQ(told.settings, Settings("rust:1", "cargo install --locked --path . --root /usr/local"));
  EXPECT_EQ(told.command, "/usr/local/bin/shop");
  EXPECT_EQ(Best({{"Cargo.toml", manifest}, {"src/lib.rs", ""}}).fit, 0) << "a library";
  EXPECT_EQ(Best({{"Cargo.toml", "[workspace]\n"}, {"src/main.rs", ""}}).fit, 0);
}

TEST(DetectRuntimeCmd, NameThatIsMoreThanAWord_IsNoPartOfACommand) {
  EXPECT_EQ(Best({{"cmd/a b;c/main.go", kMain}, {"go.mod", ""}}).fit, 0);
  EXPECT_EQ(Best({{"Cargo.toml", "[package]\nname = \"a; b\"\n"}, {"src/main.rs", ""}}).fit, 0);
}

TEST(DetectRuntimeCmd, HostileFiles_AreNoTrouble) {
  const std::string noise = std::string("\0\xff\xfe[[{{\"'`", 11) + std::string(70'000, '\n');
  Files files;
  for (const char* path :
       {"Cargo.toml", "Gemfile", "Pipfile", "Procfile", "composer.json", "go.mod", "main.go",
        "package.json", "pom.xml", "requirements.txt", "vite.config.js"})
    files[path] = noise;
  for (const auto& one : Detect(SourceOf(files))) EXPECT_NE(one.why, "");
  files = {{"package.json",
            R"({"scripts":{"build":7,"start":null},"dependencies":["vite"],"engines":"x"})"}};
  EXPECT_EQ(Best(files).fit, 0);
}

TEST(DetectRuntimeCmd, JavaBuilds_RunTheirJar) {
  EXPECT_EQ(Best({{"pom.xml", ""}}).command, "java -jar target/*.jar");
  EXPECT_THAT(Best({{"build.gradle.kts", ""}}).settings, HasSubstr("gradle:8-jdk21"));
  EXPECT_THAT(Best({{"build.gradle", ""}, {"gradlew", ""}}).settings,
              HasSubstr("sh ./gradlew --no-daemon assemble"));
}

TEST(DetectRuntimeCmd, NodeServer_IsStartedByItsScript) {
  const auto told =
      Best({{"package.json",
             R"({"dependencies":{"express":"4"},"scripts":{"build":"tsc","start":"node ."}})"},
            {"pnpm-lock.yaml", ""}});
  EXPECT_EQ(told.fit, 80);
  EXPECT_EQ(
      told.settings,
      Settings("node:22", R"(corepack enable\npnpm install --frozen-lockfile\npnpm run build)"));
  EXPECT_EQ(told.command, "pnpm run start");
  EXPECT_THAT(Best({{"package.json",
                     R"({"dependencies":{"next":"1"},"scripts":{"build":"x","start":"y"}})"}})
                  .why,
              HasSubstr("uses next"));
}

TEST(DetectRuntimeCmd, SiteOfFiles_IsNoProgram) {
  EXPECT_EQ(
      Best({{"package.json",
             R"({"dependencies":{"react-scripts":"5"},"scripts":{"build":"x","start":"y"}})"}})
          .fit,
      0);
}

TEST(DetectRuntimeCmd, Python_IsStartedByWhatItUses) {
  EXPECT_EQ(Best({{"main.py", ""}, {"requirements.txt", "fastapi\nuvicorn\n"}}).command,
            "uvicorn main:app --host 0.0.0.0 --port 8000");
  EXPECT_EQ(Best({{"app.py", ""}, {"requirements.txt", "flask\n"}}).command, "python app.py");
  EXPECT_EQ(
      Best({{"manage.py", ""}, {"requirements.txt", "gunicorn"}, {"shop/wsgi.py", ""}}).command,
      "gunicorn --bind 0.0.0.0:8000 shop.wsgi");
  const auto unknown = Best({{"pyproject.toml", ""}});
  EXPECT_EQ(unknown.fit, 50);
  EXPECT_EQ(unknown.settings, Settings("python:3.13", "pip install ."));
  EXPECT_THAT(unknown.why, HasSubstr("give a command"));
}

TEST(DetectRuntimeCmd, Ruby_IsStartedByRailsOrRack) {
  EXPECT_THAT(Best({{"Gemfile", ""}, {"bin/rails", ""}}).command, HasSubstr("rails server"));
  EXPECT_THAT(Best({{"Gemfile", ""}, {"config.ru", ""}}).command, HasSubstr("rackup"));
  EXPECT_EQ(Best({{"Gemfile", ""}}).fit, 50);
}

TEST(DetectRuntimeCmd, Php_IsServedFromItsFolder) {
  const auto told = Best({{"composer.json", "{}"}, {"public/index.php", ""}});
  EXPECT_EQ(told.settings, Settings("composer:2", "composer install --no-dev --no-interaction"));
  EXPECT_EQ(told.command, "php -S 0.0.0.0:80 -t public");
  EXPECT_EQ(Best({{"index.php", ""}}).settings, R"({"base_image":"php:8.3-cli"})");
}

TEST(DetectRuntimeCmd, Procfile_SaysHowItIsStarted) {
  const auto told =
      Best({{"Procfile", "worker: x\nweb:  gunicorn shop\n"}, {"requirements.txt", ""}});
  EXPECT_EQ(told.fit, 83);
  EXPECT_EQ(told.command, "gunicorn shop");
  EXPECT_THAT(told.why, HasSubstr("Procfile"));
  const auto alone = Best({{"Procfile", "web: ./serve\n"}, {"serve", ""}});
  EXPECT_EQ(alone.fit, 45);
  EXPECT_EQ(alone.settings, R"({"base_image":"debian:12"})");
  EXPECT_EQ(Best({{"Procfile", "worker: x\n"}}).fit, 0);
}

TEST(DetectRuntimeCmd, NothingKnown_DoesNotFitAndSaysWhy) {
  EXPECT_EQ(Best({}).why, "The repository is empty.");
  EXPECT_THAT(Best({{"README.md", ""}}).why, HasSubstr("none of go.mod"));
}

TEST(DetectRuntimeCmd, SameListing_SameAnswers) {
  const auto source = SourceOf({{"go.mod", ""}, {"main.go", kMain}, {"requirements.txt", ""}});
  EXPECT_EQ(Detect(source), Detect(source));
  EXPECT_EQ(Detect(source).size(), 2u);
}

}  // namespace
}  // namespace ns::build_runtime_cmd
