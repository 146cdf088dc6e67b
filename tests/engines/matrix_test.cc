// Each method on each engine: what comes out is the same.
#include <map>
#include <sstream>

#include "engine_test.h"

namespace ns::engines {
namespace {

using testing::HasSubstr;

// What comes out of a job: texts that must be the same whichever engine has run it.
using Facts = std::map<std::string, std::string>;

// The parameter is the method's name.
class Alike : public EngineTest {
 protected:
  void SetUp() override {
    for (const std::string& engine : Engines()) {
      if (const std::string missing = MissingFor(engine); !missing.empty())
        GTEST_SKIP() << "LEFT OUT: " << missing;
    }
    File("page", "<h1>hi</h1>\n");
    File("sub/deep.txt", "deep\n");
    File("run.sh", "#!/bin/sh\nexit 0\n");
    fs::permissions(root_ / "source/run.sh", fs::perms(0755));
  }

  void PlanOn(const std::string& engine) {
    Use(engine);
    SetBuild("m" + std::to_string(::getpid()) + engine + std::to_string(count_));
    const std::vector<model::EnvVar> env = {
        {"GREETING", Secret("good day"), model::EnvScope::kBuild, false}};
    const std::string script =
        "mkdir -p dist/a\ncp /bin/cat dist/tool\nchmod 0750 dist/tool\nln -s tool dist/link\n"
        "ln dist/tool dist/hard\necho \"$GREETING\" > dist/index.html\ncat page > dist/a/page";
    if (GetParam() == "runtime-cmd") Plan(GetParam(), CommandSettings(script), "", env);
    if (GetParam() == "static-cmd") Plan(GetParam(), CommandSettings(script), "dist", env);
    // Buildah makes the folders of VOLUME, and gives those that COPY --chown makes to that owner
    // too: they are there before.
    if (GetParam().ends_with("-dockerfile")) {
      Dockerfile(
          "RUN mkdir -p /data /app/x\nARG WORD=preset\nENV MODE=prod WORD=$WORD\nWORKDIR "
          "/app/x\nSHELL [\"/bin/sh\", "
          "\"-ec\"]\n"
          "COPY --chown=7:8 sub/ ./sub/\nCOPY run.sh page /app/\nEXPOSE 8080/tcp\n"
          "VOLUME /data\nLABEL kind=sample\nSTOPSIGNAL SIGINT\nRUN --mount=type=secret,id=GREETING "
          "mkdir /made; cat /run/secrets/GREETING > /made/it\nUSER 7:8\nENTRYPOINT "
          "[\"/bin/cat\"]\nCMD [\"/app/page\"]\n");
      Plan(GetParam(), "{}", GetParam().starts_with("static-") ? "/app" : "", env);
    }
  }

  Facts OfImage(const Outcome& outcome) {
    const std::string image = Pulled(outcome);
    Facts facts;
    for (const char* part : {"Env", "Cmd", "Entrypoint", "WorkingDir", "User", "ExposedPorts",
                             "Volumes", "StopSignal", "Healthcheck", "Shell", "OnBuild"})
      facts[part] = Shell(
          "/usr/bin/docker inspect --format '{{with index .  \"Config\"}}{{json "
          "(index . \"" +
          std::string(part) + "\")}}{{end}}' " + image + " | sed 's/^\\[\\]$/null/; s/^{}$/null/'");
    facts["labels"] = Shell("/usr/bin/docker inspect --format '{{json .Config.Labels}}' " + image +
                            " | sed 's/" + job_.build.str() + "/BUILD/'");
    facts["ran"] = Shell("/usr/bin/docker run --rm --network none " + image +
                         (GetParam() == "runtime-cmd" ? " cat /srv/dist/index.html" : ""));
    const std::string out = (root_ / ("image-" + engine_)).string();
    Shell("mkdir " + out + " && id=$(/usr/bin/docker create " + image +
          " x) && /usr/bin/docker export $id | tar -xf - -C " + out +
          "; /usr/bin/docker rm -v $id");
    facts["files"] = FilesBelow(out);
    return facts;
  }

  // A line for each: kind, rights, owner, name, target of a link; and content. The folders in which
  // secrets were mounted, which BuildKit of 20.10 and buildah leave empty, are left out.
  static std::string FilesBelow(const std::string& folder) {
    return Shell(
        "cd " + folder +
        " && find . -mindepth 1 \\( -path ./proc -o -path ./sys -o -path ./dev -o -path ./run \\) "
        "-prune -o "
        "-printf '%y %m %U:%G %P %l\\n' | LC_ALL=C sort && find . -type f -exec sha256sum {} + "
        "| LC_ALL=C sort");
  }

  Facts OfExport() {
    Facts facts;
    facts["listing"] = Listing();
    const std::string out = (root_ / ("export-" + engine_)).string();
    facts["unpacked"] = Shell("mkdir " + out + " && tar --warning=no-timestamp -C " + out +
                              " -xf " + (root_ / "tar").string());
    facts["files"] = Shell(
        "cd " + out +
        " && find . -printf '%y %m %P %l\\n' | LC_ALL=C sort && find . -type f -exec sha256sum "
        "{} + | LC_ALL=C sort");
    return facts;
  }

  Facts On(const std::string& engine) {
    PlanOn(engine);
    const Outcome outcome = Run();
    EXPECT_EQ(outcome.reason, "") << engine << ": " << outcome.message << Log();
    if (!outcome.reason.empty()) return {};
    return outcome.output.kind == ports::OutputKind::kImage ? OfImage(outcome) : OfExport();
  }
};

TEST_P(Alike, WhateverTheEngine) {
  const std::vector<std::string> engines = Engines();
  const Facts first = On(engines.front());
  ASSERT_FALSE(first.empty());
  EXPECT_THAT(first.at("files"), HasSubstr("page"));
  for (size_t i = 1; i < engines.size(); ++i) {
    const Facts other = On(engines[i]);
    for (const auto& [name, text] : first) {
      ASSERT_TRUE(other.contains(name)) << engines[i];
      EXPECT_EQ(other.at(name), text) << name << " of " << engines[i];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, Alike,
                         testing::Values("runtime-cmd", "runtime-dockerfile", "static-cmd",
                                         "static-dockerfile"),
                         [](const auto& method) {
                           std::string name = method.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace ns::engines
