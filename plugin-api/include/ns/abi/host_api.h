/* ns.host.api/1: the platform's public API for edges. The host authenticates, authorises and acts;
   an edge carries bytes. Asynchronous: an answer comes by callback, exactly one on_end per started
   request, on a host thread or, from within invoke, raw and raw_begin, on the calling one; never
   from within grant or cancel. A handle that is dead may be given to them: it does nothing. */
#pragma once
#include "call.h"
NS_BEGIN
#define NS_HOST_API "ns.host.api/1"
struct ns_host;
typedef struct ns_api_request ns_api_request; /* the host's handle of one request */

typedef struct ns_header {
  ns_str name, value;
} ns_header; /* name in lower case; frozen */

/* What the transport knows of the peer. */
typedef struct ns_peer {
  uint32_t struct_size;
  int32_t has_credentials; /* 1: uid, gid and pid come from the kernel (Unix socket) */
  uint32_t uid, gid;
  int64_t pid;
  ns_str address;           /* "127.0.0.1" of a TCP peer; empty for a Unix socket */
  const ns_header* headers; /* all of the request, as they came, ":method" and ":path" as well */
  size_t header_count;
} ns_peer;

/* Receives what a request gives. One call at a time per request. */
typedef struct ns_api_sink {
  uint32_t struct_size;
  uint32_t reserved;
  void* ctx;
  /* One message: serialized protobuf (invoke) or body bytes (raw). Counts against the credit. */
  void (*on_message)(void* ctx, ns_bytes message) NS_NOEXCEPT;
  /* The end, exactly once. `http_status`, `content_type`: raw entries only. `problem` is NULL on
   * success. The handle is dead afterwards. */
  void (*on_end)(void* ctx, const ns_problem* problem, int32_t http_status,
                 ns_str content_type) NS_NOEXCEPT;
  /* Metadata of a call beside its messages: before the first message (`trailing` 0: the answer
   * begins, though its first message may be long in coming), or before on_end (1). Names in lower
   * case. May be NULL; takes no credit. */
  void (*on_metadata)(void* ctx, int32_t trailing, const ns_header* headers,
                      size_t count) NS_NOEXCEPT;
  /* Of raw_begin: the host can take so many bytes of the body more than it has wanted before. May
   * be NULL; takes no credit. */
  void (*on_want)(void* ctx, uint64_t bytes) NS_NOEXCEPT;
} ns_api_sink;

/* NS_RAW_STREAM: the body of a request comes by `send`, and the answer may be of any length. */
enum { NS_RAW_POST = 1, NS_RAW_GET = 2, NS_RAW_STREAM = 4 };
/* Whom an entry is for. An unknown value: as NS_RAW_OPERATORS. */
enum {
  NS_RAW_EVERYBODY = 0,
  NS_RAW_OPERATORS = 1 /* never where strangers come in: on listeners of their own, or on a Unix
                          socket */
};
typedef struct ns_raw_entry {
  uint32_t struct_size;
  int32_t methods;  /* NS_RAW_* bits */
  ns_str path;      /* exact, or a prefix when it ends in "/" */
  int64_t max_body; /* bytes; refuse more before reading it */
  /* Newer than the others: NS_HAS; else for everybody. */
  int32_t audience; /* NS_RAW_EVERYBODY, ... */
  int32_t reserved;
} ns_raw_entry;
/* Frozen. Called from the calling thread only. */
typedef struct ns_raw_sink {
  void* ctx;
  void (*put)(void* ctx, const ns_raw_entry* entry) NS_NOEXCEPT;
} ns_raw_sink;

typedef struct ns_host_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* The serialized google.protobuf.FileDescriptorSet of every service that can be invoked,
   * dependencies first. [any-thread] */
  ns_status (*descriptors)(const struct ns_host* host, ns_sink out) NS_NOEXCEPT;
  /* Starts a call of "package.Service/Method" with one request message. `credit`: messages the
     caller can take now. Borrowed arguments are copied before it returns. `deadline_ns`:
     CLOCK_MONOTONIC, 0: none. The whole answer may come before it returns, with a handle that is
     dead then; hold no lock that a callback takes. NULL after on_end has been called with the
     refusal. [any-thread] */
  ns_api_request* (*invoke)(const struct ns_host* host, const ns_peer* peer, ns_str method,
                            ns_bytes message, int64_t deadline_ns, uint32_t credit,
                            const ns_api_sink* sink)NS_NOEXCEPT;
  /* Gives more credit. [any-thread, before on_end has returned] */
  void (*grant)(const struct ns_host* host, ns_api_request* request, uint32_t credit) NS_NOEXCEPT;
  /* The result is no longer wanted; on_end still comes. [any-thread, before on_end has returned] */
  void (*cancel)(const struct ns_host* host, ns_api_request* request) NS_NOEXCEPT;
  /* Raw HTTP entries that an HTTP edge should serve. [any-thread] */
  void (*raw_entries)(const struct ns_host* host, ns_raw_sink out) NS_NOEXCEPT;
  /* Starts a raw HTTP request of an entry; as invoke. [any-thread] */
  ns_api_request* (*raw)(const struct ns_host* host, const ns_peer* peer, ns_str http_method,
                         ns_str path, ns_bytes body, int64_t deadline_ns, uint32_t credit,
                         const ns_api_sink* sink)NS_NOEXCEPT;
  /* As raw, for an entry with NS_RAW_STREAM: the body comes by `send`. An answer that is streamed
     begins with leading metadata, in which ":status" is its status; its messages follow, and
     http_status and content_type of on_end say nothing. With a problem at its end it is not whole,
     and the client is to see that. [any-thread] */
  ns_api_request* (*raw_begin)(const struct ns_host* host, const ns_peer* peer, ns_str http_method,
                               ns_str path, int64_t deadline_ns, uint32_t credit,
                               const ns_api_sink* sink)NS_NOEXCEPT;
  /* The next bytes of the body, never more than was wanted by on_want; `last` 1: there are no more,
     and nothing may follow. Bytes are copied. [any-thread, one call at a time per request, before
     on_end has returned] */
  void (*send)(const struct ns_host* host, ns_api_request* request, ns_bytes piece,
               int32_t last) NS_NOEXCEPT;
} ns_host_api;
NS_END
