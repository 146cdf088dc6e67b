// A build method: whatever the source is, the image serves one page.
#include "ns/sdk/build.h"
#include "ns/sdk/plugin.h"

namespace {

class Hello final : public ns::sdk::BuildMethod {
 public:
  explicit Hello(const ns::sdk::Setup& setup) : log_(setup.host.log()) {}

  ns::sdk::BuildPlan Plan(const ns::sdk::Call& call,
                          const ns::sdk::BuildRequest& request) override {
    call.Check();
    if (request.settings.find('\n') != std::string::npos)
      throw ns::sdk::Error{NS_E_INVALID, NS_REASON_SETTINGS_INVALID,
                           "The greeting must be one line.", ns::sdk::Fault::kSource};
    log_.Debug("planned", {{"app", request.app}});
    ns::sdk::BuildPlan plan;
    plan.dockerfile_text = "FROM busybox\nRUN echo '" + request.settings +
                           "' > /index.html\nCMD [\"httpd\", \"-f\", \"-p\", \"8080\"]\n";
    return plan;
  }

 private:
  const ns::sdk::Log log_;
};

}  // namespace

NS_PLUGIN(Hello, "com.example.hello");
