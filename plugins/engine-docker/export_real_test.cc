// What is of dockerd alone in an export; what all engines promise is in tests/engines.
#include "real_world.h"

namespace ns::engine_docker {
namespace {

class EngineExport : public EngineDocker {
 protected:
  EngineExport() {
    const ns_sink sink{this, [](void* self, ns_bytes) noexcept {
                         auto& test = *static_cast<EngineExport*>(self);
                         if (test.take_) test.take_();
                         return static_cast<ns_status>(NS_OK);
                       }};
    job_.artifact.emplace(sink);
  }
  std::string ContainersLeft() const {
    return Shell("/usr/bin/docker ps -aq --filter name=nsexport-" + job_.build);
  }

  std::function<void()> take_;
};

TEST_F(EngineExport, NobodyTakesIt_IsADefect) {
  Dockerfile("RUN mkdir -p /srv/dist\n");
  job_.plan.export_path = "/srv/dist";
  job_.artifact.reset();
  DockerEngine engine = Engine();
  EXPECT_EQ(Run(engine).reason, NS_REASON_DEFECT);
  EXPECT_EQ(Log(), "");
}

// A container that runs bears the labels of its image, the build's id among them.
TEST_F(EngineExport, Abort_LeavesContainersOfTheImageThatRun) {
  Dockerfile("CMD [\"sleep\", \"60\"]\n");
  DockerEngine engine = Engine();
  ASSERT_EQ(Run(engine).reason, "") << Log();
  const std::string id =
      Shell("/usr/bin/docker create --name nsapp-" + job_.build + " " + job_.reference);
  engine.Abort(sdk::Call(), job_.build);
  EXPECT_EQ(Shell("/usr/bin/docker ps -aq --no-trunc --filter name=nsapp-" + job_.build), id);
  Shell("/usr/bin/docker rm -f nsapp-" + job_.build);
}

TEST_F(EngineExport, ContainerOfAnExport_IsNoneOfTheApplication) {
  Dockerfile("RUN mkdir -p /srv/dist; echo x > /srv/dist/x\n");
  job_.plan.export_path = "/srv/dist";
  std::string seen = "not asked", own;
  take_ = [&] {
    own = ContainersLeft();
    seen =
        Shell("/usr/bin/docker ps -aq --filter label=neoshowcase.installation=" + kInstallation) +
        Shell("/usr/bin/docker ps -aq --filter label=neoshowcase.app=" + job_.app);
  };
  DockerEngine engine = Engine();
  ASSERT_EQ(Run(engine).reason, "") << Log();
  EXPECT_NE(own, "");
  EXPECT_EQ(seen, "");
  EXPECT_EQ(ContainersLeft(), "");
}

}  // namespace
}  // namespace ns::engine_docker
