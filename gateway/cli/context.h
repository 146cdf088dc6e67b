// What every command shares: the server, the output, waiting.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "client.h"
#include "failure.h"
#include "neoshowcase/platform/v1/platform.pb.h"
#include "neoshowcase/protobuf/api.pb.h"

namespace CLI {
class App;
}

namespace ns::cli {

namespace api = neoshowcase::protobuf;
namespace platform = neoshowcase::platform::v1;

class Context {
 public:
  std::string server;  // of --server or NS_SERVER
  bool json = false;
  std::string color = "auto";  // of --color
  int timeout = 600;           // seconds that --wait waits
  int exit = 0;                // of the command; set where it is not success

  Client& client();
  // A call of APIService by its short name.
  template <class Response = google::protobuf::Empty>
  Response Api(const char* method,
               const google::protobuf::Message& request = google::protobuf::Empty()) {
    return Call<Response>("neoshowcase.protobuf.APIService/", method, request);
  }
  // A call of PlatformService by its short name.
  template <class Response = google::protobuf::Empty>
  Response Platform(const char* method,
                    const google::protobuf::Message& request = google::protobuf::Empty()) {
    return Call<Response>("neoshowcase.platform.v1.PlatformService/", method, request);
  }
  // Each message of a stream, by the full name of its method.
  template <class Message>
  void Stream(const char* method, const google::protobuf::Message& request,
              const std::function<void(const Message&)>& each) {
    client().Stream(method, request, [&](const std::string& bytes) {
      Message message;
      if (!message.ParseFromString(bytes))
        throw Failure(Exit::kFailed,
                      "A message of the stream is no " + message.GetTypeName() + ".");
      each(message);
    });
  }

  // A call of another service of ours by its short name, such as "PushService/PreparePush".
  template <class Response = google::protobuf::Empty>
  Response Own(const char* method, const google::protobuf::Message& request) {
    return Call<Response>("neoshowcase.platform.v1.", method, request);
  }

  // On stdout, as it is. Throws Failure(kFailed) where it cannot be written.
  void Print(const std::string& text) const;
  // With --json the message alone, else the text, in which nothing paints the terminal.
  void Print(const google::protobuf::Message& message, const std::string& text) const;
  // "done: ..." of a command that has nothing to show; {} as JSON.
  void Done(const std::string& sentence) const;
  // Whether `out` is to be coloured.
  bool Colours(std::FILE* out) const;
  // A line on stderr, so that stdout stays for programs.
  void Progress(const std::string& line) const;

 private:
  template <class Response>
  Response Call(const char* service, const char* method, const google::protobuf::Message& request) {
    Response response;
    client().Call(std::string(service) + method, request, response);
    return response;
  }

  std::unique_ptr<Client> client_;
};

// Seconds since 1970.
int64_t NowSeconds();

// Every repository that the caller may use; of an admin every one.
api::GetRepositoriesResponse AllRepositories(Context& context);

// APP as id or name, REPO as id, name or URL. Throws Failure: none, or several of that name.
api::Application FindApplication(Context& context, const std::string& app);
api::Repository FindRepository(Context& context, const std::string& repo);

// The nouns. Each adds its commands below `root`.
void AddOpen(CLI::App& root, Context& context);
void AddRepo(CLI::App& root, Context& context);
void AddHostKey(CLI::App& repo, Context& context);  // below `repo`
void AddApp(CLI::App& root, Context& context);
void AddApply(CLI::App& root, Context& context);  // and diff, export
void AddEnv(CLI::App& root, Context& context);
void AddBuild(CLI::App& root, Context& context);
void AddStatus(CLI::App& root, Context& context);
void AddRelease(CLI::App& root, Context& context);
void AddReleases(CLI::App& noun, Context& context);  // below `app`
void AddEvents(CLI::App& root, Context& context);
void AddAudit(CLI::App& root, Context& context);
void AddLogs(CLI::App& root, Context& context);
void AddPlugin(CLI::App& root, Context& context);
void AddQueue(CLI::App& root, Context& context);
void AddWatch(CLI::App& root, Context& context);
void AddHost(CLI::App& root, Context& context);
void AddDoctor(CLI::App& root, Context& context);
void AddDeploy(CLI::App& root, Context& context);
void AddPush(CLI::App& root, Context& context);
void AddCompletion(CLI::App& root, Context& context);
void AddAdmin(CLI::App& root, Context& context);
void AddVersion(CLI::App& root, Context& context);

}  // namespace ns::cli
