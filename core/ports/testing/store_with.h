// Stores some parts of which a test puts in.
#pragma once

#include "ports/store.h"

namespace ns::ports::testing {

// Null: that of the store.
struct OtherParts {
  BuildStore* builds = nullptr;
  EventStore* events = nullptr;
  ListingStore* listings = nullptr;
  SiteStore* sites = nullptr;
  UserStore* users = nullptr;
};

inline Store With(const Store& store, const OtherParts& others) {
  return {
      .repositories = store.repositories,
      .apps = store.apps,
      .deploys = store.deploys,
      .retention = store.retention,
      .builds = others.builds ? *others.builds : store.builds,
      .logs = store.logs,
      .events = others.events ? *others.events : store.events,
      .users = others.users ? *others.users : store.users,
      .user_keys = store.user_keys,
      .tokens = store.tokens,
      .admins = store.admins,
      .hosts = store.hosts,
      .sites = others.sites ? *others.sites : store.sites,
      .detections = store.detections,
      .usage = store.usage,
      .totals = store.totals,
      .listings = others.listings ? *others.listings : store.listings,
      .audit = store.audit,
      .repeats = store.repeats,
      .received = store.received,
      .hints = store.hints,
  };
}

}  // namespace ns::ports::testing
