// Questions of the listings whose plans are looked at by tests.
#pragma once

namespace ns::store {

// Of the commits $1: by commit, the repositories of applications that are at it or were built from
// it.
extern const char kPlacesOfCommits[];

}  // namespace ns::store
