/* ns.storage/1: keeps bytes under keys.
   STORAGE-01 A key is whole or absent, for every reader and after every crash. STORAGE-02 put takes
   the bytes only where size and SHA-256 are as told; else NS_E_INVALID with "DigestMismatch".
   STORAGE-03 Putting the same again changes nothing, other bytes take the place of the old at once.
   STORAGE-04 After a failed or cancelled put the key is as it was before. STORAGE-05 remove of what
   is not there succeeds. STORAGE-06 list shows whole objects alone, each once, in an order of the
   storage's own that stays the same; a page goes on behind the last key of the one before.
   STORAGE-07 No room is NS_E_UNAVAILABLE with "DiskFull", and the platform's fault. STORAGE-08
   Whoever reads a range that another put is replacing gets all of it from one of the two, or a
   failure. A key is of 1 to 512 bytes: names of [a-z0-9._-] with '/' in between, each of at most
   200 bytes and not beginning with '.'. No key is a folder of another: nobody keeps both "a" and
   "a/b". */
#pragma once
#include "call.h"
NS_BEGIN
#define NS_STORAGE "ns.storage/1"

#define NS_STORAGE_KEY_BYTES 512
#define NS_STORAGE_NAME_BYTES 200
#define NS_STORAGE_TO_THE_END UINT64_MAX /* as a length */

/* What put is about to be given. */
typedef struct ns_object {
  uint32_t struct_size;
  uint32_t reserved;
  ns_str key;
  uint64_t size; /* bytes */
  ns_str sha256; /* 64 lower-case hex characters */
} ns_object;

/* Some bytes of one object. */
typedef struct ns_object_range {
  uint32_t struct_size;
  uint32_t reserved;
  ns_str key;
  uint64_t offset; /* beyond the end: NS_E_RANGE; at the end: nothing */
  uint64_t length; /* at most; NS_STORAGE_TO_THE_END */
} ns_object_range;

/* What is kept. */
typedef struct ns_object_info {
  uint32_t struct_size;
  uint32_t reserved;
  ns_str key;
  uint64_t size;
} ns_object_info;

/* Receives objects. Called from the calling thread only. Anything but NS_OK means: stop, and return
 * that value. Frozen. */
typedef struct ns_object_sink {
  void* ctx;
  ns_status (*put)(void* ctx, const ns_object_info* object) NS_NOEXCEPT;
} ns_object_sink;

/* Which keys. */
typedef struct ns_object_query {
  uint32_t struct_size;
  uint32_t limit; /* of objects, 1 to 1,000 */
  ns_str prefix;  /* of whole keys, by bytes; empty: all */
  ns_str after;   /* the last key of the page before; empty: from the first */
} ns_object_query;

/* Calls may come at once, for one key too: other processes do the same. Sources and sinks are
 * called on the calling thread. Reasons: "ObjectMissing" with NS_E_NOT_FOUND, "DigestMismatch",
 * "DiskFull", "StorageUnavailable", "StorageDenied" where the operator's credentials or rights do
 * not do. */
typedef struct ns_storage {
  uint32_t struct_size;
  uint32_t reserved;
  /* Reads `bytes` up to its end. [any-thread] */
  ns_status (*put)(ns_plugin* p, const ns_call* call, const ns_object* object,
                   ns_source bytes) NS_NOEXCEPT;
  /* [any-thread] */
  ns_status (*get)(ns_plugin* p, const ns_call* call, const ns_object_range* range,
                   ns_sink out) NS_NOEXCEPT;
  /* Puts one object. [any-thread] */
  ns_status (*stat)(ns_plugin* p, const ns_call* call, ns_str key, ns_object_sink out) NS_NOEXCEPT;
  /* [any-thread] */
  ns_status (*remove)(ns_plugin* p, const ns_call* call, ns_str key) NS_NOEXCEPT;
  /* Fewer objects than the limit: there are no more. [any-thread] */
  ns_status (*list)(ns_plugin* p, const ns_call* call, const ns_object_query* query,
                    ns_object_sink out) NS_NOEXCEPT;
  /* Whether it can be used now, as far as a look can tell. [any-thread] */
  ns_status (*check)(ns_plugin* p, const ns_call* call) NS_NOEXCEPT;
} ns_storage;
NS_END
