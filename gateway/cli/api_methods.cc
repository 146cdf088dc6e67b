#include "api_methods.h"

#include <google/protobuf/descriptor.h>

#include "neoshowcase/platform/v1/admin.pb.h"
#include "neoshowcase/platform/v1/application.pb.h"
#include "neoshowcase/platform/v1/audit.pb.h"
#include "neoshowcase/platform/v1/host.pb.h"
#include "neoshowcase/platform/v1/platform.pb.h"
#include "neoshowcase/platform/v1/push.pb.h"
#include "neoshowcase/platform/v1/queue.pb.h"
#include "neoshowcase/platform/v1/repository.pb.h"
#include "neoshowcase/platform/v1/token.pb.h"
#include "neoshowcase/platform/v1/watch.pb.h"
#include "neoshowcase/protobuf/api.pb.h"

namespace ns::cli {

std::vector<const google::protobuf::MethodDescriptor*> ApiMethods() {
  namespace own = neoshowcase::platform::v1;
  std::vector<const google::protobuf::MethodDescriptor*> all;
  // By a message of each file that has services.
  for (const auto* message :
       {neoshowcase::protobuf::ApplicationIdRequest::descriptor(),
        own::ListAdminsRequest::descriptor(), own::ApplicationForm::descriptor(),
        own::AuditEvent::descriptor(), own::ListBuildQueueRequest::descriptor(),
        own::ListHostsRequest::descriptor(), own::ListEnvRequest::descriptor(),
        own::PreparePushRequest::descriptor(), own::HostKey::descriptor(), own::Token::descriptor(),
        own::WatchRequest::descriptor()}) {
    const google::protobuf::FileDescriptor& file = *message->file();
    for (int i = 0; i < file.service_count(); ++i) {
      for (int j = 0; j < file.service(i)->method_count(); ++j)
        all.push_back(file.service(i)->method(j));
    }
  }
  return all;
}

}  // namespace ns::cli
