// What engine-buildah keeps from a hostile source, and what it leaves.
#include <sched.h>
#include <sys/mount.h>

#include <fstream>
#include <thread>

#include "engine_test.h"

namespace ns::engines {
namespace {

using testing::HasSubstr;
using testing::Not;

class Buildah : public EngineTest {
 protected:
  std::string Slot() const { return SharedInstallation().Data("buildah") + "/slot1"; }
  // A file of the machine, outside of the source.
  std::string HostFile(const std::string& text) const {
    std::ofstream(root_ / "host") << text;
    return (root_ / "host").string();
  }
  void ExpectNothingInMemory() {
    const std::string hash = Shell("printf %s $(printf %s " + Slot() + " | sha256sum | cut -c1-8)");
    EXPECT_FALSE(fs::exists("/dev/shm/neoshowcase-buildah-" + hash));
    EXPECT_FALSE(fs::exists(Slot() + "/tmp"));
    EXPECT_EQ(Shell("ip -o link | grep nsbh" + hash), "");
    EXPECT_EQ(Shell("iptables-save 2>/dev/null | grep nsbh" + hash), "");
    EXPECT_EQ(Shell("grep " + Slot() + " /proc/mounts"), "");
  }
};

TEST_P(Buildah, PreprocessorLines_AreCommentsAndReadNothingOfTheMachine) {
  const std::string host = HostFile("RUN echo included-$((40+2))\n");
  File("Containerfile.in", "FROM " + Environment("NS_TEST_BASE") + "\n#include \"" + host +
                               "\"\nRUN echo ran-$((40+2))\n");
  job_.plan.dockerfile_path = "Containerfile.in";
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_THAT(Log(), HasSubstr("ran-42"));
  EXPECT_THAT(Log(), Not(HasSubstr("included-42")));
}

TEST_P(Buildah, LinksThatLeaveTheSource_AreRefused) {
  const std::string host = HostFile("FROM " + Environment("NS_TEST_BASE") + "\n");
  for (const std::string name :
       {"Dockerfile", ".dockerignore", ".containerignore", "Dockerfile.dockerignore"}) {
    Dockerfile("COPY . /all\n");
    fs::remove(root_ / "source" / name);
    fs::create_symlink(host, root_ / "source" / name);
    const Outcome outcome = Run();
    EXPECT_EQ(outcome.reason, "PathOutsideSource") << name << ": " << outcome.message << Log();
    EXPECT_EQ(outcome.fault, Fault::kSource) << name;
    EXPECT_THAT(outcome.message, HasSubstr(name));
    fs::remove(root_ / "source" / name);
  }
  ExpectNothingLeft();
}

TEST_P(Buildah, BaseImages_AreFoundByAnyNameOfTheRegistry) {
  const std::string base = Environment("NS_TEST_BASE");
  const std::string digest =
      Shell("curl -sI -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' http://" +
            Environment("NS_TEST_REGISTRY") +
            "/v2/base/busybox/manifests/1 | tr -d '\\r' | sed -n 's/^Docker-Content-Digest: //p' | "
            "tr -d '\\n'");
  const std::string name = base.substr(0, base.rfind(':'));
  for (const std::string& one :
       {base, "docker://" + base, name + "@" + digest, base + "@" + digest}) {
    File("Dockerfile", "ARG BASE=" + one +
                           "\nFROM ${BASE} AS first\nRUN echo ran-$((40+2))\n"
                           "FROM --platform=$BUILDPLATFORM " +
                           one +
                           "\nCOPY --from=first /bin /b\n"
                           "COPY --from=" +
                           one + " /bin /c\nRUN --mount=type=bind,target=/d,from=" + one +
                           " test -e /b/sh -a -e /c/sh -a -e /d/bin/sh\n");
    EXPECT_EQ(Run().reason, "") << one << Log();
  }
}

TEST_P(Buildah, PlacesOfTheMachine_AreNoBaseImages) {
  const std::string folder = (root_ / "layout").string();
  Shell("mkdir " + folder + " && /usr/bin/docker save -o " + folder + "/image.tar " +
        Environment("NS_TEST_BASE"));
  ASSERT_TRUE(fs::exists(folder + "/image.tar"));
  for (const std::string& name : {"docker-archive:" + folder + "/image.tar", "oci:" + folder,
                                  "dir:" + folder, "docker-daemon:" + Environment("NS_TEST_BASE"),
                                  "containers-storage:" + Environment("NS_TEST_BASE")}) {
    File("Dockerfile", "FROM " + name + "\nRUN echo ran-$((40+2))\n");
    const Outcome outcome = Run();
    EXPECT_EQ(outcome.reason, "BaseImageUnavailable") << name << ": " << outcome.message;
    EXPECT_EQ(outcome.fault, Fault::kSource) << name;
    Dockerfile("COPY --from=" + name + " /bin /copied\nRUN echo ran-$((40+2))\n");
    EXPECT_EQ(Run().reason, "BaseImageUnavailable") << name;
    EXPECT_THAT(Log(), Not(HasSubstr("ran-42"))) << name;
  }
  // What no reading of the Dockerfile finds: the sandbox has nothing to give.
  Dockerfile("ARG PLACE=docker-archive:" + folder +
             "/image.tar\nENV FROM=$PLACE\nONBUILD COPY / /\nRUN --mount=type=bind,source=" +
             folder + ",target=/x busybox ls /x\n");
  EXPECT_EQ(Run().fault, Fault::kSource) << Log();
  EXPECT_THAT(Log(), Not(HasSubstr("\nimage.tar\n")));
  ExpectNothingLeft();
}

// buildah 1.28 takes such names (CVE-2024-9675): they lead through the sandbox alone, and what they
// change there misleads no program of the machine.
TEST_P(Buildah, CacheMountsThatClimb_LeadToNothingOfTheMachine) {
  const std::string host = HostFile("of the machine\n");
  const std::string store = "apps/" + job_.app.str() + "/store";
  Dockerfile(
      "RUN --mount=type=cache,id=../../../../../../../..,target=/s busybox find /s -name host "
      "-xdev; busybox ls /s; echo looked-$((40+2))\n"
      "RUN --mount=type=cache,id=../../" +
      store + ",target=/s busybox rm -rf /s/overlay-containers; ln -s " + root_.string() +
      " /s/overlay-containers; for layer in /s/overlay/*; do echo " + root_.string() +
      " > $layer/lower; done; echo changed-$((40+2))\n");
  Run();
  EXPECT_THAT(Log(), HasSubstr("looked-42"));
  EXPECT_THAT(Log(), Not(HasSubstr("/s" + host)));
  EXPECT_EQ(Shell("cat " + host), "of the machine\n");
  ExpectNothingInMemory();
  Dockerfile("RUN echo again-$((40+2))\n");
  SetAttempt(2);
  EXPECT_EQ(Run().reason, "") << Log();
}

TEST_P(Buildah, LayersAndImagesOfAnotherApplication_AreNotGiven) {
  Dockerfile("RUN echo made-$((40+2)); echo mine > /mine\n");
  ASSERT_EQ(Run().reason, "") << Log();
  const std::string first = job_.app.str();
  job_.app = AppId(first + "other");
  SetAttempt(2);
  ASSERT_EQ(Run().reason, "") << Log();
  EXPECT_THAT(Log(), HasSubstr("made-42"));
  EXPECT_THAT(Log(), Not(HasSubstr("Using cache")));
  File("Dockerfile", "FROM localhost/nsapp-" + first + "\nRUN cat /mine\n");
  EXPECT_EQ(Run().reason, "BaseImageUnavailable") << Log();
}

TEST_P(Buildah, CredentialsOfThePush_AreNowhereInAStep) {
  for (const char* isolation : {"oci", "chroot"}) {
    Configure(std::string(R"({"memory":"300M","timeout":"60s","isolation":")") + isolation + "\"}");
    SetBuild(job_.build.str() + isolation[0]);
    SetAttempt(1, Environment("NS_TEST_LOGIN_REGISTRY"));
    job_.push_username = "builder";
    job_.push_password = Secret("letmein");
    Dockerfile("RUN busybox ls -l /proc/[0-9]*/fd | cat; busybox ps | cat; echo looked-$((40+2)) " +
               std::string(isolation) + "\n");
    const Outcome outcome = Run();
    ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
    EXPECT_THAT(Log(), HasSubstr("looked-42")) << isolation;
    EXPECT_THAT(Log(), Not(HasSubstr("memfd:secret"))) << isolation;
    EXPECT_THAT(Log(), Not(HasSubstr("docker-registry"))) << "processes of the machine";
  }
  EXPECT_EQ(Shell("grep -rlaE 'letmein|YnVpbGRlcjpsZXRtZWlu' " +
                  SharedInstallation().Data("buildah") + " /dev/shm"),
            "");
}

TEST_P(Buildah, LoopbackOfTheMachine_IsNotThatOfABuild) {
  const SilentRegistry service;
  const std::string port = service.address().substr(service.address().find(':') + 1);
  for (const char* isolation : {"oci", "chroot"}) {
    Configure(std::string(R"({"memory":"300M","timeout":"20s","isolation":")") + isolation + "\"}");
    Dockerfile("RUN busybox nc -w 2 127.0.0.1 " + port + " </dev/null || echo refused-$((40+2)) " +
               std::string(isolation) + "; sleep 1\nADD http://" + service.address() + "/x /x\n");
    const Outcome outcome = Run();
    EXPECT_EQ(outcome.reason, "CommandFailed") << outcome.message << Log();
    EXPECT_THAT(Log(), HasSubstr("refused-42"));
    EXPECT_FALSE(service.Asked()) << isolation;
  }
  ExpectNothingLeft();
  ExpectNothingInMemory();
}

// Behind the machine, and without a way back to builds: what comes must have the machine's address.
TEST_P(Buildah, NetworksBehindTheMachine_AreReachedButForLinkLocalAddresses) {
  Shell(
      "ip netns add nsouter && ip link add nsouter0 type veth peer name eth0 netns nsouter && "
      "ip address add 10.214.255.1/30 dev nsouter0 && ip link set nsouter0 up && "
      "ip netns exec nsouter ip address add 10.214.255.2/30 dev eth0 && "
      "ip netns exec nsouter ip link set eth0 up && ip netns exec nsouter ip link set lo up && "
      "ip netns exec nsouter ip address add 169.254.169.254/32 dev lo && "
      "ip route add 169.254.169.254/32 via 10.214.255.2");
  std::ofstream(root_ / "page") << "from-outside\n";
  const std::string pid = Shell("ip netns exec nsouter busybox httpd -f -p 80 -h " +
                                root_.string() + " >/dev/null 2>&1 & echo $!");
  Dockerfile(
      "RUN printf 'GET /page HTTP/1.0\\r\\n\\r\\n' | busybox nc -w 5 10.214.255.2 80\n"
      "ADD http://10.214.255.2/page /\n"
      "RUN echo | busybox nc -w 3 169.254.169.254 80 || echo refused-$((40+2))\n");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_THAT(Log(), HasSubstr("from-outside"));
  EXPECT_THAT(Log(), HasSubstr("refused-42")) << "addresses where clouds give credentials";
  Shell("kill " + std::to_string(std::atoi(pid.c_str())) +
        "; ip netns delete nsouter; ip link delete nsouter0");
  ExpectNothingInMemory();
}

TEST_P(Buildah, AfterABuild_NothingOfItIsInMemoryOrTempFolders) {
  const std::string bridges = "ip -o link show type bridge | grep -o 'cni-[^:]*'";
  const std::string before = Shell(bridges);
  Shell("touch " + (root_ / "before").string());
  Dockerfile("RUN --mount=type=cache,target=/c echo x > /dev/shm/x\n");
  ASSERT_EQ(Run().reason, "") << Log();
  ExpectNothingInMemory();
  Dockerfile("RUN exit 3\n");
  ASSERT_NE(Run().reason, "");
  ExpectNothingInMemory();
  Dockerfile("RUN sleep 4330\n");
  RunInAKilledBuilder([] { return Runs("sleep 4330"); });
  ASSERT_TRUE(Abort(job_.build.str()).ok());
  ExpectNothingInMemory();
  ExpectNothingLeft();
  EXPECT_EQ(
      Shell("find /var/tmp /tmp -maxdepth 1 -newer " + (root_ / "before").string() +
            " \\( -name 'buildah[0-9]*' -o -name 'storage*' -o -name 'container_images*' \\)"),
      "");
  EXPECT_EQ(Shell(bridges), before);
  Dockerfile("RUN true\n");
  EXPECT_EQ(Run().reason, "") << Log();
}

TEST_P(Buildah, CacheMounts_AreKeptForTheirApplicationAlone) {
  Dockerfile(
      "ARG COUNT\nRUN --mount=type=cache,id=shared,target=/c echo line >> /c/file; "
      "echo have-$(busybox wc -l < /c/file)\n");
  const std::string first = job_.app.str();
  int attempt = 0;
  for (const auto& [app, have] : std::vector<std::pair<std::string, std::string>>{
           {first, "have-1"}, {first, "have-2"}, {first + "other", "have-1"}, {first, "have-3"}}) {
    job_.app = AppId(app);
    SetAttempt(++attempt);
    job_.plan.args = {{"COUNT", std::to_string(attempt)}};
    ASSERT_EQ(Run().reason, "") << Log();
    EXPECT_THAT(Log(), HasSubstr(have + "\n")) << attempt;
  }
}

TEST_P(Buildah, LayerOfABuildThatFailed_IsNotGivenToOtherSecrets) {
  Dockerfile(
      "RUN --mount=type=secret,id=MODE cat /run/secrets/MODE > /mode; echo made\n"
      "COPY end /end\nRUN sh /end; echo mode-is-$(cat /mode)\n");
  int attempt = 0;
  for (const char* mode : {"one", "two", "one"}) {
    const bool fails = std::string(mode) == "two";
    File("end", fails ? "exit 3\n" : "true\n");
    Dockerfile(
        "RUN --mount=type=secret,id=MODE cat /run/secrets/MODE > /mode\nCOPY end /end\nRUN "
        "echo mode-is-$(cat /mode)-" +
        std::to_string(attempt) + "; " + (fails ? "exit 3" : "true") + "\n");
    job_.plan.secrets = {{"MODE", Secret(mode), model::EnvScope::kBuild, false}};
    SetAttempt(++attempt);
    const Outcome outcome = Run();
    EXPECT_EQ(outcome.reason, fails ? "CommandFailed" : "") << outcome.message << Log();
    EXPECT_THAT(Log(), HasSubstr("mode-is-" + std::string(mode))) << attempt;
  }
}

// As on a machine that has no such controller.
TEST_P(Buildah, LimitsThatCannotBeHeld_RefuseTheBuild) {
  Dockerfile("RUN echo ran-$((40+2))\n");
  Plugin();
  Outcome outcome;
  std::thread([&] {
    const std::string pids =
        fs::exists("/sys/fs/cgroup/pids") ? "/sys/fs/cgroup/pids" : "/sys/fs/cgroup";
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    ASSERT_EQ(::mount("tmpfs", pids.c_str(), "tmpfs", MS_RDONLY, nullptr), 0);
    outcome = Run();
  }).join();
  EXPECT_EQ(outcome.reason, "EngineUnavailable") << outcome.message << Log();
  EXPECT_EQ(outcome.fault, Fault::kOperator);
  EXPECT_THAT(outcome.message, HasSubstr("`processes`"));
  EXPECT_THAT(Log(), Not(HasSubstr("ran-42")));
  ExpectNothingLeft();
}

TEST_P(Buildah, TooMuchDisk_IsKilledAndToldWithTheLimit) {
  Configure(R"({"memory":"300M","timeout":"60s","disk":"50M"})");
  const auto size = [this] { return std::atoi(Shell("du -sm " + Slot()).c_str()); };
  const int before = size();
  for (const char* where : {"/big", "/var/tmp/big", "/c/big"}) {
    Dockerfile("RUN --mount=type=cache,target=/c busybox mkdir -p /var/tmp; dd if=/dev/zero of=" +
               std::string(where) + " bs=1M count=200; sleep 20\n");
    const auto began = SteadyClock::now();
    const Outcome outcome = Run();
    EXPECT_EQ(outcome.reason, "OutOfDisk") << where << ": " << outcome.message << Log();
    EXPECT_EQ(outcome.fault, Fault::kSource);
    EXPECT_THAT(outcome.message, HasSubstr("50 MiB"));
    EXPECT_LT(SteadyClock::now() - began, seconds(15)) << where;
  }
  EXPECT_LT(size() - before, 10) << "what was written is gone";
  ExpectNothingLeft();
}

TEST_P(Buildah, TimeLimit_CountsPullsAndPushes) {
  const SilentRegistry registry;
  Configure(R"({"memory":"300M","timeout":"3s"})");
  File("Dockerfile", "FROM " + registry.address() + "/a/b:1\n");
  EXPECT_EQ(Run().reason, "TimedOut") << Log();
  Dockerfile("RUN true\n");
  SetAttempt(2, registry.address());
  EXPECT_EQ(Run().reason, "TimedOut") << Log();
  ExpectNothingLeft();
  ExpectNothingInMemory();
}

TEST_P(Buildah, Cache_IsBounded) {
  Configure(R"({"memory":"300M","timeout":"60s","cache":"24M"})");
  const AppId first = job_.app;
  for (int number = 1; number <= 4; ++number) {
    job_.app = AppId(first.str() + "v" + std::to_string(number));
    SetBuild(job_.build.str() + "v");
    Dockerfile("RUN dd if=/dev/zero of=/big bs=1M count=10; echo " + std::to_string(number) +
               " > /number\n");
    ASSERT_EQ(Run().reason, "") << Log();
  }
  const std::string size = Shell("du -sk " + Slot());
  EXPECT_LE(std::atoi(size.c_str()), 26 << 10);
  EXPECT_GE(std::atoi(size.c_str()), 10 << 10) << "the newest stays";
  SetBuild(job_.build.str() + "w");
  ASSERT_EQ(Run().reason, "") << Log();
  EXPECT_THAT(Log(), HasSubstr("Using cache"));
}

// After a restart of the machine what was in memory is gone.
TEST_P(Buildah, StoreWhoseContainersAreGone_BeginsAnew) {
  Dockerfile("RUN true\n");
  ASSERT_EQ(Run().reason, "") << Log();
  fs::create_directory_symlink("/dev/shm/neoshowcase-gone",
                               Slot() + "/apps/" + job_.app.str() + "/store/overlay-containers");
  EXPECT_EQ(Run().reason, "") << Log();
  ExpectNothingInMemory();
}

TEST_P(Buildah, ChrootIsolation_BuildsAndHoldsTheLimits) {
  Configure(R"({"isolation":"chroot","memory":"300M","timeout":"60s"})");
  Dockerfile("RUN echo ran-$((40+2))\n");
  EXPECT_EQ(Run().reason, "") << Log();
  Configure(R"({"isolation":"chroot","memory":"128M","timeout":"60s"})");
  Dockerfile("RUN dd if=/dev/zero of=/dev/null bs=600M count=1\n");
  EXPECT_EQ(Run().reason, "OutOfMemory") << Log();
  Configure(R"({"isolation":"chroot","memory":"300M","timeout":"3s"})");
  Dockerfile("RUN (sleep 4326 &); sleep 4327\n");
  EXPECT_EQ(Run().reason, "TimedOut") << Log();
  EXPECT_FALSE(Runs("sleep 4326") || Runs("sleep 4327"));
  ExpectNothingLeft();
}

INSTANTIATE_TEST_SUITE_P(Own, Buildah, testing::Values("buildah"), NameOfEngine);

}  // namespace
}  // namespace ns::engines
