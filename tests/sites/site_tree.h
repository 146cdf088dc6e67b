// A folder of sites to ask for.
#pragma once

#include <map>
#include <string>

namespace ns::sites {

// Ids as the platform makes them: 22 lower-case hex characters.
inline const std::string kPlain = "aaaaaaaaaaaaaaaaaaaa01";   // with a 404.html
inline const std::string kSpa = "aaaaaaaaaaaaaaaaaaaa02";     // a single-page application
inline const std::string kBare = "aaaaaaaaaaaaaaaaaaaa03";    // neither index.html nor 404.html
inline const std::string kFirst = "bbbbbbbbbbbbbbbbbbbb01";   // the release of all of them
inline const std::string kSecond = "bbbbbbbbbbbbbbbbbbbb02";  // another release of kPlain

inline constexpr const char* kModified = "Fri, 02 Jan 2026 03:04:05 GMT";  // of every file

// Files of kPlain's first release and what is in them.
const std::map<std::string, std::string>& PlainFiles();

// Makes all four sites below `root`, readable by anybody, with links in kPlain that lead out of it.
void MakeSites(const std::string& root);
// One more release: `name` -> content.
void MakeRelease(const std::string& root, const std::string& app, const std::string& release,
                 const std::map<std::string, std::string>& files);
void MarkSpa(const std::string& root, const std::string& app, const std::string& release);

}  // namespace ns::sites
