#include <gmock/gmock.h>

#include "builder_process.h"

int main(int argc, char** argv) {
  ns::engines::BuildWhereAsked();
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
