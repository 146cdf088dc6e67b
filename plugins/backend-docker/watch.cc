// What happens to applications, from the Engine's events and from changes of route files.
#include <sys/inotify.h>
#include <unistd.h>

#include "docker_backend.h"
#include "marks.h"

namespace ns::backend_docker {
namespace {

using sdk::Call;
using sdk::Error;

// Changes of a folder's files, whoever makes them.
class FolderWatch {
 public:
  explicit FolderWatch(const std::string& folder) : fd_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    ::inotify_add_watch(fd_, folder.c_str(),
                        IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE);
  }
  ~FolderWatch() { ::close(fd_); }
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  int fd() const { return fd_; }
  // Names of changed files, each once.
  std::set<std::string> Read() const {
    alignas(inotify_event) char buffer[8192];
    std::set<std::string> names;
    for (ssize_t size; (size = ::read(fd_, buffer, sizeof(buffer))) > 0;) {
      for (ssize_t at = 0; at < size;) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
        if (event->len > 0) names.insert(event->name);
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      }
    }
    return names;
  }

 private:
  int fd_;
};

// The application that an event is about, or empty.
std::string AppOf(const docker::Event& event, const std::string& installation) {
  const auto attribute = [&](const char* name) {
    const auto found = event.attributes.find(name);
    return found == event.attributes.end() ? std::string() : found->second;
  };
  if (event.type == "network") {
    const bool matters = event.action == "disconnect" || event.action == "destroy";
    return matters ? AppOfNetwork(attribute("name")) : "";
  }
  static const std::set<std::string> kActions = {"start",  "die",    "oom",   "destroy",
                                                 "rename", "update", "pause", "unpause"};
  return kActions.contains(event.action) && attribute(kInstallation) == installation
             ? attribute(kApp)
             : "";
}

}  // namespace

void DockerBackend::Watch(const Call& call, const sdk::ChangeSink& changes) {
  const FolderWatch folder(proxy_.routes_folder());
  const http::Watched files{folder.fd(), [&] {
                              for (const std::string& name : folder.Read()) {
                                if (name.ends_with(".yml") && name != "shared.yml")
                                  changes.Changed(name.substr(0, name.size() - 4));
                              }
                            }};
  for (;; call.Wait(std::chrono::seconds(1))) {
    try {
      engine_.Events(
          call, [&] { changes.AnyMayHaveChanged(); },
          [&](const docker::Event& event) {
            if (const std::string app = AppOf(event, host().installation()); !app.empty())
              changes.Changed(app);
          },
          {files});
    } catch (const sdk::Stopped&) {
      throw;
    } catch (const Error& error) {
      call.Check();
      host().log().Warn("the events of the Docker Engine ended", {{"why", error.message()}});
    }
  }
}

}  // namespace ns::backend_docker
