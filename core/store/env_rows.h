// Environment variables in their tables: those of applications, and those that releases were made
// with.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/env.h"
#include "store/connection.h"
#include "store/sealing.h"

namespace ns::store {

struct EnvTable {
  const char* name;
  const char* owner;  // its first column
};
inline constexpr EnvTable kAppEnv{"environment", "application_id"};
inline constexpr EnvTable kReleaseEnv{"release_environment", "release_id"};

// Variables by the id of their owner, by key in each.
using EnvByOwner = std::map<std::string, std::vector<model::EnvVar>>;

// What becomes of a value that no key opens.
enum class Opening {
  kAll,        // the failure: SealBroken names the variable
  kWhatOpens,  // it is given empty and marked
};

// The failure of a variable that no key opens.
Status DoesNotOpen(const std::string& key);

Result<EnvByOwner> LoadEnv(Connection& connection, const EnvTable& table,
                           const std::vector<std::string>& owners, const Sealing& sealing,
                           Opening opening);
// Upserts.
Status PutEnv(Connection& connection, const EnvTable& table, const std::string& owner,
              const std::vector<model::EnvVar>& variables, const Sealing& sealing);

}  // namespace ns::store
