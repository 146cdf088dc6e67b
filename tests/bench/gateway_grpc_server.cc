// The stock gRPC server in C++ with two methods of the API, which gives the answers that it was
// given: what the gateway is measured beside.
//
// usage: gateway_grpc_server PORT ME APPLICATIONS, files of serialized answers
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>

#include "neoshowcase/protobuf/api.grpc.pb.h"

namespace ns::bench {
namespace {

namespace api = neoshowcase::protobuf;
using google::protobuf::Empty;

class Canned final : public api::APIService::Service {
 public:
  api::User me;
  api::GetApplicationsResponse applications;

  grpc::Status GetMe(grpc::ServerContext*, const Empty*, api::User* out) override {
    *out = me;
    return grpc::Status::OK;
  }
  grpc::Status GetApplications(grpc::ServerContext*, const api::GetApplicationsRequest*,
                               api::GetApplicationsResponse* out) override {
    *out = applications;
    return grpc::Status::OK;
  }
};

bool Read(const char* path, google::protobuf::Message& message) {
  std::ifstream file(path, std::ios::binary);
  return message.ParseFromIstream(&file);
}

int Run(const char* port, const char* me, const char* applications) {
  Canned service;
  if (!Read(me, service.me) || !Read(applications, service.applications)) return 1;
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before there are threads
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string("127.0.0.1:") + port, grpc::InsecureServerCredentials());
  builder.SetMaxSendMessageSize(-1);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  if (!server) return 1;
  std::puts("ready");
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  server->Shutdown(std::chrono::system_clock::now());
  return 0;
}

}  // namespace
}  // namespace ns::bench

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: gateway_grpc_server PORT ME APPLICATIONS\n", stderr);
    return 2;
  }
  return ns::bench::Run(argv[1], argv[2], argv[3]);
}
