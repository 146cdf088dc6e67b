// One request and its answer, whatever the version of HTTP: the seam between those who move bytes
// and those who know what they mean.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "http/head.h"
#include "ns/sdk/host_api.h"

namespace ns::gateway::http {

class Connection;

// The way back. Everything after the end, or after the peer has gone, is passed over. Lives on the
// thread of its connection.
class Answering {
 public:
  // Holds so many bytes, which the request has become, in the place of its body until it is
  // answered. False: there is no memory for them.
  virtual bool Hold(uint64_t bytes) = 0;
  // A whole answer. Trailers are for HTTP/2 alone. False: there is no memory for it, and one of at
  // most kLeastHeld bytes, for which there always is, must come in its place.
  virtual bool Whole(ResponseHead head, std::string body, Headers trailers) = 0;
  // Its head, pieces and end, one after the other. Where there is no memory for what the peer has
  // not taken of them, the peer is cut off.
  virtual void Open(ResponseHead head) = 0;
  virtual void Write(std::string bytes) = 0;
  virtual void End(Headers trailers) = 0;
  // In place of the end: the client shall not take what it has for the whole.
  virtual void Cut() = 0;
  // Bytes that the peer has not taken yet.
  virtual size_t unsent() const = 0;
  // What a handler is served by, which may go before it.
  virtual std::weak_ptr<Connection> connection() = 0;
  // A handler that streams has room again.
  virtual void ReadOn() = 0;

 protected:
  ~Answering() = default;
};

// Answers one request. Lives on the thread of its connection, until it has been answered in full or
// OnGone.
class Handler {
 public:
  virtual ~Handler() = default;
  // The most bytes that the body may have.
  virtual uint64_t most_body() const = 0;
  // The body, in full.
  virtual void OnRequest(std::string) {}
  // Whether it takes the body as it comes, by OnPiece in place of OnRequest. `last`: the end of it.
  // While it is `full` no more is read than a connection had in hand, until Answering::ReadOn.
  virtual bool streams() const { return false; }
  virtual void OnPiece(std::string, bool) {}
  virtual bool full() const { return false; }
  // It has more bytes than that, or no memory is left for it: to be answered so.
  virtual void OnTooLong() = 0;
  virtual void OnNoMemory() = 0;
  // All that was written has been taken.
  virtual void OnDrained() {}
  // The server is about to end: what has no end of its own is ended.
  virtual void OnLeave() {}
  // Nobody wants the answer any more.
  virtual void OnGone() = 0;
};

// What a server is for.
class Service {
 public:
  // Whoever takes the body of that request and answers it; null: it has been answered already.
  // `answering` lives as long as the handler may use it. Called on the connection's thread.
  virtual std::shared_ptr<Handler> Begin(Head head, const sdk::Peer& peer,
                                         Answering& answering) = 0;
  // A request that cannot be read at all: a status, and a sentence that says why.
  virtual std::pair<ResponseHead, std::string> Unreadable(int status, std::string why) = 0;

 protected:
  ~Service() = default;
};

}  // namespace ns::gateway::http
