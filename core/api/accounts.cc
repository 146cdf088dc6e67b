#include "api/accounts.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <vector>

namespace ns::api {
namespace {

constexpr size_t kLargestEntry = size_t{4} << 20;  // bytes; a larger one is taken for none

// `find(&entry, buffer, size, &found)` until the buffer holds the entry. Null where there is none.
template <class Entry, class Find>
const Entry* Look(Entry& entry, std::vector<char>& buffer, const Find& find) {
  for (buffer.resize(4096);; buffer.resize(4 * buffer.size())) {
    Entry* found = nullptr;
    int error = EINTR;
    while (error == EINTR) error = find(&entry, buffer.data(), buffer.size(), &found);
    if (error != ERANGE || buffer.size() >= kLargestEntry) return error == 0 ? found : nullptr;
  }
}

}  // namespace

Account AccountOf(uint32_t uid) {
  passwd entry{};
  std::vector<char> buffer;
  const passwd* found =
      Look(entry, buffer, [uid](auto... into) { return ::getpwuid_r(uid, into...); });
  if (found == nullptr) return {"uid-" + std::to_string(uid), std::nullopt};
  return {found->pw_name, found->pw_gid};
}

bool IsMember(const Account& account, uint32_t gid) {
  if (!account.group) return false;
  if (*account.group == gid) return true;
  group entry{};
  std::vector<char> buffer;
  const group* found =
      Look(entry, buffer, [gid](auto... into) { return ::getgrgid_r(gid, into...); });
  if (found == nullptr) return false;
  for (char** member = found->gr_mem; *member != nullptr; ++member) {
    if (account.name == *member) return true;
  }
  return false;
}

}  // namespace ns::api
