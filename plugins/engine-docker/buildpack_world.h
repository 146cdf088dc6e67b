// What tests of buildpacks share: a real Docker daemon, a real registry with a login and the real
// lifecycle. Run by tests/engines/with_registry.sh and with_builder.sh.
#pragma once

#include <sys/eventfd.h>

#include <atomic>

#include "build-static-buildpack/static_plan.h"
#include "real_world.h"

namespace ns::engine_docker {

inline constexpr const char* kPlain = R"({"memory":"300M","timeout":"120s"})";

// A call that another thread ends.
class StoppableCall {
 public:
  StoppableCall() : fd_(::eventfd(0, EFD_CLOEXEC)) {
    raw_.struct_size = sizeof(raw_);
    raw_.cancel_fd = fd_;
    raw_.host_data = this;
    raw_.cancelled = [](const ns_call* call) noexcept -> int32_t {
      return static_cast<StoppableCall*>(call->host_data)->stopped_ ? 1 : 0;
    };
    raw_.fail = [](const ns_call*, const ns_problem*) noexcept {};
  }
  ~StoppableCall() { ::close(fd_); }
  void Stop() {
    stopped_ = true;
    EXPECT_EQ(::eventfd_write(fd_, 1), 0);
  }
  sdk::Call call() const { return sdk::Call(&raw_); }

 private:
  const int fd_;
  std::atomic<bool> stopped_{false};
  ns_call raw_{};
};

class EngineBuildpack : public EngineDocker {
 protected:
  EngineBuildpack() {
    job_.plan = sdk::BuildPlan();
    job_.plan.builder = Environment("NS_TEST_BUILDER");
    job_.plan.platform_api = "0.12";
    job_.push_username = Environment("NS_TEST_REGISTRY_USER");
    job_.push_password = Environment("NS_TEST_REGISTRY_PASSWORD");
  }
  ~EngineBuildpack() override {
    Shell(
        "for v in $(/usr/bin/docker volume ls -q --filter "
        "label=neoshowcase.buildpack-cache.installation=" +
        kInstallation + "); do /usr/bin/docker volume rm $v; done");
    if (pulled_) Shell("/usr/bin/docker rmi -f " + job_.reference);
  }

  void Site(const std::string& artifact_path) {
    sdk::BuildRequest request;
    request.source = job_.source;
    request.artifact_path = artifact_path;
    job_.plan = build_static_buildpack::PlanStatic(
        build::ParseBuildpackConfig(R"({"builder":")" + Environment("NS_TEST_BUILDER") + "\"}"),
        request);
    tar_.clear();
    const ns_sink sink{this, [](void* self, ns_bytes bytes) noexcept {
                         static_cast<EngineBuildpack*>(self)->tar_ += sdk::View(bytes);
                         return static_cast<ns_status>(NS_OK);
                       }};
    job_.artifact.emplace(sink);
  }
  void Procfile() { File("Procfile", "web: cat /workspace/page; echo by $LAUNCHED_BY\n"); }
  // What the image says when it is run.
  std::string Start(const std::string& rest = "") {
    pulled_ = true;
    const std::string config = (root_ / "docker").string();
    Shell("echo " + job_.push_password + " | DOCKER_CONFIG=" + config +
          " /usr/bin/docker login -u " + job_.push_username + " --password-stdin " +
          Environment("NS_TEST_REGISTRY") + " 2>/dev/null && DOCKER_CONFIG=" + config +
          " /usr/bin/docker pull -q " + job_.reference);
    return Shell("/usr/bin/docker run --rm --network none " + rest + " " + job_.reference);
  }
  std::string Inspect(const std::string& format) {
    return Shell("/usr/bin/docker inspect --format '" + format + "' " + job_.reference);
  }
  std::string Content(const std::string& name) const {
    std::ofstream(root_ / "tar", std::ios::binary) << tar_;
    return Shell("tar -xOf " + (root_ / "tar").string() + " " + name);
  }
  // As the registry has it; empty: it has none.
  std::string DigestInRegistry() const {
    return Shell("curl -sfI -u " + job_.push_username + ":" + job_.push_password +
                 " -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' -H 'Accept: "
                 "application/vnd.oci.image.manifest.v1+json' http://" +
                 Environment("NS_TEST_REGISTRY") + "/v2/apps/" + job_.app + "/manifests/" +
                 job_.build + "-" + std::to_string(job_.attempt) +
                 " | tr -d '\\r' | sed -n 's/^Docker-Content-Digest: //p'");
  }
  std::string ContainersLeft() const {
    return Shell("/usr/bin/docker ps -aq --filter name=nsbuildpack-" + job_.build);
  }
  std::string VolumesLeft() const {
    return Shell("/usr/bin/docker volume ls -q --filter name=nsbuildpack-" + job_.build);
  }
  std::string Caches() const {
    return Shell("/usr/bin/docker volume ls -q --filter name=nscache-" + job_.app);
  }
  void ExpectNothingLeft() const {
    EXPECT_EQ(ContainersLeft(), "");
    EXPECT_EQ(VolumesLeft(), "");
    EXPECT_TRUE(fs::is_empty(root_ / "data"));
  }
  // The lifecycle marks a line of its own with asterisks.
  void ExpectNoSecret() {
    std::string log = Log();
    const std::string own = "\n*** Images (";
    for (size_t at; (at = log.find(own)) != std::string::npos;) log.erase(at, own.size());
    EXPECT_THAT(log, testing::Not(testing::HasSubstr("***"))) << "a secret was seen";
  }
  void NextBuild() {
    job_.build += "x";
    SetAttempt(1);
  }

  bool pulled_ = false;
  std::string tar_;
};

}  // namespace ns::engine_docker
