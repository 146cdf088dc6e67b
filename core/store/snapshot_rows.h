// Everything that decisions and answers about applications need, out of all its tables.
#pragma once

#include <map>
#include <vector>

#include "model/snapshot.h"
#include "store/bad_rows.h"
#include "store/connection.h"
#include "store/sealing.h"

namespace ns::store {

// Decisions need every build, and the values of what shall run. People see what there is.
enum class Reader { kLoop, kPerson };

// Those that are there, in order of creation; as many statements for many as for one. Builds that
// cannot be read are told to `bad` where a person reads, and applications where `some_suffice`;
// else they are the failure.
struct SnapshotRead {
  Reader reader = Reader::kPerson;
  bool some_suffice = false;
};
Result<std::vector<model::AppSnapshot>> LoadSnapshots(Connection& connection,
                                                      const std::vector<AppId>& ids,
                                                      const SnapshotRead& read,
                                                      const Sealing& sealing, BadRows& bad);

// Of the applications $1.
extern const char kAttendances[];
Result<std::map<AppId, model::Attendance>> ReadAttendances(const Rows& rows);

}  // namespace ns::store
