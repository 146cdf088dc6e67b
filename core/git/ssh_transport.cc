#include "git/ssh_transport.h"

#include "git/entry_name.h"
#include "git/ssh_command.h"

namespace ns::git {

SshTransport::SshTransport(const Request& request, const model::RepositoryUrl& url)
    : request_(request), url_(url) {
  stream_.self = subtransport_.self = this;
  stream_.subtransport = &subtransport_;
  stream_.read = OnRead;
  stream_.write = OnWrite;
  stream_.free = [](git_smart_subtransport_stream* stream) {
    static_cast<Stream*>(stream)->self->client_.reset();
  };
  subtransport_.action = OnAction;
  subtransport_.close = [](git_smart_subtransport*) { return 0; };
  subtransport_.free = [](git_smart_subtransport*) {};
}

int SshTransport::New(git_transport** out, git_remote* owner) {
  git_smart_subtransport_definition definition{};
  definition.callback = [](git_smart_subtransport** made, git_transport*, void* self) {
    *made = &static_cast<SshTransport*>(self)->subtransport_;
    return 0;
  };
  definition.param = this;
  return git_transport_smart(out, owner, &definition);
}

// The list of refs and what is fetched of them come over one connection.
int SshTransport::OnAction(git_smart_subtransport_stream** out, git_smart_subtransport* transport,
                           const char*, git_smart_service_t action) {
  SshTransport& self = *static_cast<Subtransport*>(transport)->self;
  *out = &self.stream_;
  return action == GIT_SERVICE_UPLOADPACK && self.client_ ? 0 : self.Open();
}

int SshTransport::Open() {
  problem_.reset();
  heard_ = false;
  client_.emplace(request_, url_);
  const Status started = client_->Start("git-upload-pack " + ShellQuoted(SshPath(request_, url_)));
  if (!started.ok()) {
    client_.reset();
    return Failed(started);
  }
  client_->WaitForever();
  return 0;
}

int SshTransport::OnRead(git_smart_subtransport_stream* stream, char* data, size_t size,
                         size_t* got) {
  SshTransport& self = *static_cast<Stream*>(stream)->self;
  const auto read = self.client_->Read(0, data, size);
  if (!read.ok()) return self.Failed(read.status());
  if (*read == 0) return self.Failed(self.Ended());
  self.heard_ = true;
  *got = *read;
  return 0;
}

int SshTransport::OnWrite(git_smart_subtransport_stream* stream, const char* data, size_t size) {
  SshTransport& self = *static_cast<Stream*>(stream)->self;
  const Status written = self.client_->Write({data, size});
  return written.ok() ? 0 : self.Failed(written);
}

// It prints nothing when there is no such repository, and says why on its other stream.
Status SshTransport::Ended() {
  char text[1024];
  const auto size = client_->Read(SSH_EXTENDED_DATA_STDERR, text, sizeof text);
  const std::string why = size.ok() && *size > 0 ? ": " + Shown({text, *size}) : "";
  if (heard_) {
    return Status(Code::kUnavailable, "RemoteUnreachable",
                  model::PlaceOf(url_) + " ends the connection early" + why)
        .SetFault(Fault::kPlatform);
  }
  return Status(Code::kNotFound, "RepositoryNotFound",
                url_.host + " has no Git repository at /" + url_.path + why)
      .SetFault(Fault::kOperator);
}

int SshTransport::Failed(const Status& status) {
  problem_ = status;
  git_error_set_str(GIT_ERROR_SSH, status.message().c_str());
  return GIT_ERROR;
}

}  // namespace ns::git
