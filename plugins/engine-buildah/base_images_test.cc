#include "base_images.h"

#include <gmock/gmock.h>

#include "ns/sdk/error.h"

namespace ns::engine_buildah {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Names(const std::string& text,
                               const std::map<std::string, std::string>& args = {}) {
  std::vector<std::string> names;
  for (const BaseImage& image : BaseImagesOf(text, args)) names.push_back(image.name);
  return names;
}

TEST(BaseImages, OfStagesCopiesAndMounts_AreNamedOnce) {
  EXPECT_THAT(Names("# syntax=x\nFROM debian:12 AS build\nRUN make\n"
                    "from --platform=$BUILDPLATFORM golang:1 as Tools\n"
                    "FROM Build\nCOPY --from=tools /a /b\nCOPY --chown=1:1 --from=alpine:3 /a /b\n"
                    "COPY --from=0 /a /b\nRUN --mount=type=bind,from=busybox:1,target=/x \\\n"
                    "  --mount=type=bind,target=/y,from=build echo from=nothing\nFROM scratch\n"
                    "FROM debian:12\n"),
              ElementsAre("debian:12", "golang:1", "alpine:3", "busybox:1"));
}

TEST(BaseImages, WithArguments_TakeThoseOfTheBuildFirst) {
  const std::string text =
      "ARG VERSION=12 NAME=\"debian\"\nARG EMPTY\nFROM $NAME:${VERSION}\n"
      "FROM ${EMPTY:-alpine}:3\nFROM ${NAME:+busybox}\nFROM docker://h:5000/a/b\n";
  EXPECT_THAT(Names(text), ElementsAre("debian:12", "alpine:3", "busybox", "h:5000/a/b"));
  EXPECT_THAT(Names(text, {{"VERSION", "13"}, {"EMPTY", "x"}}),
              ElementsAre("debian:13", "x:3", "busybox", "h:5000/a/b"));
}

TEST(BaseImages, OfAnotherPlatform_SayWhich) {
  EXPECT_THAT(BaseImagesOf("FROM --platform=linux/riscv64 debian:12\n", {}),
              ElementsAre(BaseImage{"debian:12", "linux/riscv64"}));
}

TEST(BaseImages, InOddTexts_AreNone) {
  for (const char* text : {"", "FROM", "FROM --platform=x", "RUN --mount=from", "FROM $NOTHING",
                           "COPY --from= /a /b", "FROM ${", "FROM $", "ONBUILD", "FROM ''"})
    EXPECT_THAT(Names(text), IsEmpty()) << text;
}

// buildah would read the machine's files, ask its daemons, or give what others have built.
TEST(BaseImages, ThatAreNotAtARegistry_AreRefused) {
  for (const std::string name :
       {"docker-daemon:busybox:1", "containers-storage:localhost/nsapp-x", "oci:/etc", "oci:etc",
        "oci-archive:/a.tar", "dir:/etc", "docker-archive:/a.tar", "localhost/nsapp-x",
        "docker://localhost/nsapp-x", "[overlay@/var]x", "/etc", "./x", "tarball:/x.tar",
        "https://host/x.tar", "a//b", "name:/etc", "--all"}) {
    for (const std::string& text :
         {"FROM " + name + "\n", "FROM a\nCOPY --from=" + name + " / /\n",
          "FROM a\nRUN --mount=from=" + name + " true\n", "ARG X=" + name + "\nFROM ${X}\n"}) {
      if (name == "--all" && !text.starts_with("FROM a") && !text.starts_with("ARG")) continue;
      try {
        BaseImagesOf(text, {});
        ADD_FAILURE() << text;
      } catch (const sdk::Error& error) {
        EXPECT_EQ(error.reason(), NS_REASON_BASE_IMAGE_UNAVAILABLE) << text;
        EXPECT_EQ(error.fault(), sdk::Fault::kSource) << text;
      }
    }
  }
}

}  // namespace
}  // namespace ns::engine_buildah
