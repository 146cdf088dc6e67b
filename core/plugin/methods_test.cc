// The platform's own build methods, loaded as a builder loads them and asked what a source is.
#include <gmock/gmock.h>

#include <map>

#include "act/detect.h"
#include "plugin/testing/host_fixture.h"

namespace ns::plugin {
namespace {

using testing::HasSubstr;

using Files = std::map<std::string, std::string>;

class MethodsTest : public PluginHostTest {
 protected:
  // The six, each as one instance.
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "ns-methods-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::vector<Wanted> wanted;
    for (const char* name : {"runtime-buildpack", "runtime-cmd", "runtime-dockerfile",
                             "static-buildpack", "static-cmd", "static-dockerfile"}) {
      Install(std::string("build-") + name);
      const bool buildpack = std::string(name).ends_with("-buildpack");
      wanted.push_back({name, std::string("build-") + name, true,
                        buildpack ? R"({"builder": "builder:1"})" : "{}", ""});
    }
    for (const Loaded& one : Host().Load(wanted, {kBuildKind}).loaded)
      methods_.emplace(one.instance, one.method);
    ASSERT_EQ(methods_.size(), 6u);
  }

  ports::Detection Ask(const Files& files) {
    ports::SourceListing source;
    for (const auto& [path, text] : files)
      source.files.push_back({path, static_cast<int64_t>(text.size())});
    source.head = [&](const std::string& path) { return files.at(path); };
    ports::Detection found = act::Detect({}, methods_, source);
    for (const auto& [name, failure] : found.failed)
      ADD_FAILURE() << name << ": " << failure.ToString();
    return found;
  }

  std::map<std::string, ports::BuildMethod*> methods_;
};

std::string Package(const std::string& dependency, const std::string& scripts) {
  return R"({"dependencies":{")" + dependency + R"(":"1"},"scripts":{)" + scripts + "}}";
}

TEST_F(MethodsTest, KindsOfSource_AreToldApart) {
  struct Kind {
    const char* what;
    Files files;
    std::string method, settings, artifact_path, command;  // settings: a part of them
  };
  const std::string next = Package("next", R"("build":"next build","start":"next start")");
  const std::string serves =
      "FROM node AS b\nRUN x\nFROM nginx\nCOPY --from=b /d /usr/share/nginx/html\n";
  const Kind kinds[] = {
      {"Dockerfile",
       {{"Dockerfile", ""}, {"go.mod", ""}},
       "runtime-dockerfile",
       "Dockerfile",
       "",
       ""},
      {"Dockerfile of a site",
       {{"Dockerfile", serves}},
       "runtime-dockerfile",
       "Dockerfile",
       "",
       ""},
      {"several Dockerfiles",
       {{"api/Dockerfile", ""}, {"web/Dockerfile", ""}, {"web/x", ""}},
       "runtime-dockerfile",
       "api/Dockerfile",
       "",
       ""},
      {"Containerfile", {{"Containerfile", ""}}, "runtime-dockerfile", "Containerfile", "", ""},
      {"Vite",
       {{"index.html", ""}, {"package.json", Package("vite", R"("build":"x")")}},
       "static-cmd",
       "npm install",
       "dist",
       ""},
      {"Next.js, exported",
       {{"next.config.js", "module.exports = { output: \"export\" }"}, {"package.json", next}},
       "static-cmd",
       "npm run build",
       "out",
       ""},
      {"Next.js, a server",
       {{"package.json", next}},
       "runtime-cmd",
       "npm run build",
       "",
       "npm run start"},
      {"Create React App",
       {{"package.json", Package("react-scripts", R"("build":"x","start":"y")")},
        {"public/index.html", ""}},
       "static-cmd",
       "npm run build",
       "build",
       ""},
      {"Astro",
       {{"package.json", Package("astro", R"("build":"x")")}},
       "static-cmd",
       "npm",
       "dist",
       ""},
      {"Hugo", {{"content/a.md", ""}, {"hugo.toml", ""}}, "static-cmd", "hugo", "public", ""},
      {"MkDocs",
       {{"mkdocs.yml", ""}, {"requirements.txt", "mkdocs\n"}},
       "static-cmd",
       "mkdocs",
       "site",
       ""},
      {"Jekyll",
       {{"Gemfile", "gem \"jekyll\"\n"}, {"_config.yml", ""}},
       "static-cmd",
       "jekyll",
       "_site",
       ""},
      {"Express",
       {{"package.json", Package("express", R"("start":"node .")")}},
       "runtime-cmd",
       "node:22",
       "",
       "npm run start"},
      {"Go",
       {{"go.mod", "go 1.22\n"}, {"main.go", "package main\n"}},
       "runtime-cmd",
       "golang:1.22",
       "",
       "/usr/local/bin/app"},
      {"Rust",
       {{"Cargo.toml", "[package]\nname = \"shop\"\n"}, {"src/main.rs", ""}},
       "runtime-cmd",
       "cargo install",
       "",
       "/usr/local/bin/shop"},
      {"Python",
       {{"app.py", ""}, {"requirements.txt", "flask\n"}},
       "runtime-cmd",
       "pip install -r requirements.txt",
       "",
       "python app.py"},
      {"Python project",
       {{"main.py", ""}, {"pyproject.toml", "[project]\n"}},
       "runtime-cmd",
       "pip install .",
       "",
       "python main.py"},
      {"Ruby",
       {{"Gemfile", ""}, {"config.ru", ""}},
       "runtime-cmd",
       "bundle install",
       "",
       "bundle exec rackup --host 0.0.0.0 --port 9292"},
      {"Maven", {{"pom.xml", ""}}, "runtime-cmd", "mvn", "", "java -jar target/*.jar"},
      {"Gradle", {{"build.gradle", ""}}, "runtime-cmd", "gradle", "", "java -jar build/libs/*.jar"},
      {"PHP",
       {{"composer.json", "{}"}, {"public/index.php", ""}},
       "runtime-cmd",
       "composer",
       "",
       "php -S 0.0.0.0:80 -t public"},
      {"Procfile",
       {{"Procfile", "web: ./serve\n"}, {"serve", ""}},
       "runtime-cmd",
       "debian",
       "",
       "./serve"},
      {".NET", {{"Web.csproj", ""}, {"Program.cs", ""}}, "runtime-buildpack", "\".\"", "", ""},
      {"project.toml",
       {{"app/x", ""}, {"project.toml", "[_]\nschema-version = \"0.2\"\n"}},
       "runtime-buildpack",
       "\".\"",
       "",
       ""},
      {"a page", {{"index.html", ""}, {"style.css", ""}}, "static-cmd", "{}", ".", ""},
  };
  for (const Kind& kind : kinds) {
    const auto fits = Ask(kind.files).fits;
    ASSERT_FALSE(fits.empty()) << kind.what;
    EXPECT_EQ(fits[0].method, kind.method) << kind.what;
    EXPECT_THAT(fits[0].suggestion.settings, HasSubstr(kind.settings)) << kind.what;
    EXPECT_EQ(fits[0].suggestion.artifact_path, kind.artifact_path) << kind.what;
    EXPECT_EQ(fits[0].suggestion.command, kind.command) << kind.what;
    EXPECT_NE(fits[0].suggestion.why, "") << kind.what;
  }
}

TEST_F(MethodsTest, DockerfileOfASite_IsSuggestedAsOneToo) {
  const auto fits = Ask({{"Dockerfile", "FROM caddy:2\nCOPY site /usr/share/caddy\n"}}).fits;
  ASSERT_EQ(fits.size(), 2u);
  EXPECT_EQ(fits[1].method, "static-dockerfile");
  EXPECT_EQ(fits[1].suggestion.artifact_path, "/usr/share/caddy");
}

TEST_F(MethodsTest, EmptyOrUnknown_NoneFitsAndEachSaysWhy) {
  for (const Files& files : {Files{}, Files{{"README.md", ""}}}) {
    const ports::Detection found = Ask(files);
    EXPECT_TRUE(found.fits.empty());
    ASSERT_EQ(found.misfits.size(), 6u);
    for (const ports::MethodSuggestion& one : found.misfits) EXPECT_NE(one.suggestion.why, "");
  }
}

// What is suggested can be planned as it is: each suggestion of a source with a Dockerfile and a
// site, as a build would ask for it.
TEST_F(MethodsTest, Suggestions_CanBePlanned) {
  const Files files = {{"Dockerfile", "FROM nginx\nCOPY . /usr/share/nginx/html\n"},
                       {"go.mod", "go 1.22\n"},
                       {"index.html", ""},
                       {"main.go", "package main\n"}};
  const std::string source = folder_ + "/source";
  std::filesystem::create_directories(source);
  for (const auto& [path, text] : files) WriteText(source + "/" + path, text);
  const auto fits = Ask(files).fits;
  ASSERT_EQ(fits.size(), 5u);
  for (const ports::MethodSuggestion& one : fits) {
    ports::BuildRequest request;
    request.source = source;
    request.settings = one.suggestion.settings;
    request.artifact_path = one.suggestion.artifact_path;
    const auto plan = methods_.at(one.method)->Plan({}, request);
    ASSERT_TRUE(plan.ok()) << one.method << ": " << plan.status().ToString();
    EXPECT_EQ(plan->export_path.empty(), one.method.starts_with("runtime-")) << one.method;
  }
}

}  // namespace
}  // namespace ns::plugin
