// A commit on disk, with its submodules.
#pragma once

#include <functional>
#include <string>

#include "base/status.h"
#include "git/mirror.h"
#include "git/wire.h"

namespace ns::git {

// Fills the empty or absent folder `request.path` with the request's commit, which the mirror
// brings. Entries of its trees that are submodules named in .gitmodules are filled with exactly the
// commit of the tree, from mirrors of their own below the repository's; others are empty folders.
// Where `request.lfs` says so, files in Git LFS have their content, each part's from its own
// server; `note` hears how far that is. The request's credentials go to submodules with scheme,
// host and port of `request.url` alone. Failures of a submodule begin with its path and are the
// source's fault unless a server could not be reached. "CommitNotFound", "CheckoutRefused",
// "LimitExceeded": over the limits of the request, more than 5 submodules in each other or 100
// together; and what Session::Fetch and FetchLfs say.
Status WriteCheckout(const Request& request, Mirror& mirror,
                     const std::function<void(const std::string&)>& note);

}  // namespace ns::git
