// A test program that is its own Git child.
#include <filesystem>
#include <string>

#include <gmock/gmock.h>

#include "git/git_fixture_for_test.h"
#include "git/git_remote.h"

namespace ns::git {

std::string ThisProgram() { return std::filesystem::read_symlink("/proc/self/exe"); }
std::string GitServerScript() { return NS_TEST_GIT_SERVER; }

}  // namespace ns::git

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "git-worker") return ns::git::RunGitWorker(0, 1);
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
