// What stays of calls that write: who, from where, what about, and what became of it. Never what
// was sent, but for ids.
#pragma once

#include <deque>
#include <string>

#include "api/authorize.h"
#include "api/identity.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/random.h"
#include "model/audit.h"
#include "ports/audit_store.h"

namespace google::protobuf {
class Descriptor;
class Message;
class MethodDescriptor;
}  // namespace google::protobuf

namespace ns::api {

// Whether calls of the method are told of: it writes. A method that answers with many messages only
// reads.
bool Writes(const google::protobuf::MethodDescriptor& method);

// The beginnings of an event, filled as the call goes on.
model::AuditEvent EventOf(const Peer& peer, const std::string& method, Random& random);
void NoteClaim(const IdentitySettings& settings, const Peer& peer, const Claim& claim,
               model::AuditEvent& event);
void NoteCaller(const Caller& caller, model::AuditEvent& event);
void NoteObject(const google::protobuf::MethodDescriptor& method,
                const google::protobuf::Message& request, model::AuditEvent& event);
void NoteAdmitted(const Admitted& admitted, model::AuditEvent& event);
// `answer` as it leaves; a message of `output`.
void NoteAnswer(const Result<std::string>& answer, const google::protobuf::Descriptor& output,
                model::AuditEvent& event);

// [any-thread]
class AuditTrail {
 public:
  AuditTrail(const ports::Store& store, Clock& clock) : store_(store), clock_(clock) {}

  // Stores the event. What cannot be stored now goes to the log, and is stored with a later one.
  // Of callers whom nobody knows at most sixty a minute are told of, so that they cannot fill the
  // database; the log says how many were left out.
  void Tell(model::AuditEvent event);

 private:
  struct Waiting {
    model::AuditEvent event;
    Duration happened;  // monotonic
  };
  struct Unknown {
    Duration since{};  // monotonic: the minute's beginning
    int told = 0, left_out = 0;
  };

  bool MayTell(const model::AuditEvent& event);
  void FindApp(model::AuditEvent& event);
  Status Store(const Waiting& one);
  void Keep(Waiting one, const Status& why);
  void StoreWaiting();

  const ports::Store store_;
  Clock& clock_;
  Guarded<Unknown> unknown_;
  Guarded<std::deque<Waiting>> waiting_;
};

}  // namespace ns::api
