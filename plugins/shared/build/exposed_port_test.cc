#include "build/exposed_port.h"

#include <gtest/gtest.h>

namespace ns::build {
namespace {

TEST(ExposedPort, OfOneStage_IsTheFirstTcpPort) {
  EXPECT_EQ(ExposedPort("FROM debian\nEXPOSE 8080\n"), 8080);
  EXPECT_EQ(ExposedPort("FROM debian\nexpose 53/udp 8080/tcp 9090"), 8080);
  EXPECT_EQ(ExposedPort("FROM debian\nEXPOSE 80 443\nEXPOSE 1234"), 80);
  EXPECT_EQ(ExposedPort("FROM debian\nEXPOSE 3000-3005"), 3000);
  EXPECT_EQ(ExposedPort("FROM debian\nEXPOSE \"8000\"\r\n"), 8000);
}

TEST(ExposedPort, OfSeveralStages_IsThatOfTheLast) {
  EXPECT_EQ(ExposedPort("FROM a AS build\nEXPOSE 1000\nFROM b\nEXPOSE 2000\n"), 2000);
  EXPECT_EQ(ExposedPort("FROM a\nEXPOSE 1000\nFROM b\n"), 1000);
}

TEST(ExposedPort, Variables_AreTakenFromTheFile) {
  EXPECT_EQ(ExposedPort("ARG PORT=8081\nFROM a\nEXPOSE $PORT"), 8081);
  EXPECT_EQ(ExposedPort("FROM a\nENV PORT 8082\nEXPOSE ${PORT}/tcp"), 8082);
  EXPECT_EQ(ExposedPort("FROM a\nEXPOSE ${PORT:-8083}"), 8083);
  EXPECT_EQ(ExposedPort("FROM a\nENV A=1 \\\n    PORT=8084\nEXPOSE $PORT"), 8084);
  EXPECT_EQ(ExposedPort("FROM a\nEXPOSE $UNKNOWN"), 0);
}

TEST(ExposedPort, WhatCannotBeTold_IsNone) {
  for (const char* text : {"", "FROM a", "FROM a\n# EXPOSE 80", "FROM a\nEXPOSE",
                           "FROM a\nEXPOSE x", "FROM a\nEXPOSE 70000", "FROM a\nEXPOSE 0",
                           "FROM a\nRUN echo EXPOSE 80", "${", "EXPOSE ${"}) {
    EXPECT_EQ(ExposedPort(text), 0) << text;
  }
}

}  // namespace
}  // namespace ns::build
