// Run by the build: fails when a method declares no policy, or one that cannot hold.
#include <cstdio>

#include "proto/descriptors.h"

int main() {
  const auto mistakes = ns::proto::PolicyMistakes();
  for (const std::string& mistake : mistakes) std::fprintf(stderr, "error: %s\n", mistake.c_str());
  return mistakes.empty() ? 0 : 1;
}
