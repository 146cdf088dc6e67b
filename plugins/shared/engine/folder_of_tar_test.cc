#include "engine/folder_of_tar.h"

#include <gmock/gmock.h>

#include "ns/sdk/error.h"

namespace ns::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Writes into a text, and so makes the archives that are read as well.
class Tar {
 public:
  Tar()
      : sink_({this, [](void* self, ns_bytes piece) noexcept {
                 static_cast<Tar*>(self)->bytes += sdk::View(piece);
                 return static_cast<ns_status>(NS_OK);
               }}) {}
  const sdk::ByteSink& sink() const { return sink_; }
  std::string bytes;

 private:
  const sdk::ByteSink sink_;
};

struct Thing {
  std::string name, content, link, same_as;
};

// Folders end with "/".
std::string ArchiveOf(const std::vector<Thing>& things) {
  Tar tar;
  TarWriter writer(tar.sink());
  for (const Thing& thing : things) {
    TarEntry entry;
    entry.name = thing.name;
    entry.link = thing.link;
    entry.same_as = thing.same_as;
    entry.size = static_cast<int64_t>(thing.content.size());
    if (thing.name.ends_with('/')) entry.type = S_IFDIR;
    if (!thing.link.empty()) entry.type = S_IFLNK;
    writer.Put(entry);
    if (!thing.content.empty()) writer.Data(thing.content);
  }
  writer.Finish();
  return tar.bytes;
}

// In pieces of an odd size.
FolderOfTar::Source PiecesOf(const std::string& archive) {
  return [archive, at = size_t{0}]() mutable {
    const size_t from = std::min(at, archive.size());
    at = from + 777;
    return std::string_view(archive).substr(from, 777);
  };
}

struct Given {
  int passes = 0;
  std::vector<std::string> names;
  std::string bytes;
};

// What one folder of everything makes: names, with "=content", "->target", "=name" of hard links.
Given FolderOf(const std::vector<Thing>& things, const std::string& path) {
  const std::string archive = ArchiveOf(things);
  Tar out;
  FolderOfTar folder(path, out.sink());
  Given given;
  for (bool done = false; !done && given.passes < 9; ++given.passes)
    done = folder.Pass(PiecesOf(archive));
  EXPECT_EQ(folder.bytes(), static_cast<int64_t>(out.bytes.size()));
  EXPECT_TRUE(out.bytes.ends_with(std::string(1024, '\0')));
  given.bytes = out.bytes;
  for (size_t at = 0; at + 512 <= out.bytes.size() && out.bytes[at] != '\0';) {
    const char* header = out.bytes.data() + at;
    const size_t size = std::strtoul(header + 124, nullptr, 8);
    std::string name = header;
    if (header[156] == '1') name += std::string("=") + (header + 157);
    if (header[156] == '2') name += std::string("->") + (header + 157);
    if (header[156] == '0') name += "=" + out.bytes.substr(at + 512, size);
    given.names.push_back(name);
    at += 512 + (size + 511) / 512 * 512;
  }
  return given;
}

TEST(FolderOfTar, Folder_IsGivenWithNamesBelowItInOnePass) {
  const Given given = FolderOf({{"a/", "", "", ""},
                                {"a/x", "not mine", "", ""},
                                {"srv/", "", "", ""},
                                {"srv/dist/", "", "", ""},
                                {"srv/dist/i", "page", "", ""},
                                {"srv/dist/l", "", "/etc/passwd", ""},
                                {"srv/dist/same", "", "", "srv/dist/i"},
                                {"srv/distant", "not mine", "", ""}},
                               "/srv/dist");
  EXPECT_THAT(given.names, ElementsAre("./", "./i=page", "./l->/etc/passwd", "./same=./i"));
  EXPECT_EQ(given.passes, 1);
}

TEST(FolderOfTar, LinksOnTheWay_AreFollowedBackAndForth) {
  const std::vector<Thing> things = {{"b/", "", "", ""},        {"b/i", "page", "", ""},
                                     {"c", "", "b", ""},        {"a", "", "c", ""},
                                     {"self/", "", "", ""},     {"self/i", "it", "", ""},
                                     {"self/here", "", ".", ""}};
  EXPECT_THAT(FolderOf(things, "/b").names, ElementsAre("./", "./i=page"));
  EXPECT_EQ(FolderOf(things, "/c").passes, 2) << "what it leads to has gone by";
  EXPECT_THAT(FolderOf(things, "/a").names, ElementsAre("./", "./i=page"));
  EXPECT_THAT(FolderOf(things, "/self/here").names, ElementsAre("./", "./i=it", "./here->."));
}

TEST(FolderOfTar, HardLinksToFilesOutside_GetTheirContentInAnotherPass) {
  const Given given = FolderOf({{"out", "content", "", ""},
                                {"srv/", "", "", ""},
                                {"srv/one", "", "", "out"},
                                {"srv/two", "", "", "out"}},
                               "/srv");
  EXPECT_THAT(given.names, ElementsAre("./", "./one=content", "./two=./one"));
  EXPECT_EQ(given.passes, 2);
}

TEST(FolderOfTar, WhatCannotBeGiven_IsSaidWithItsReason) {
  const std::vector<Thing> things = {{"srv/", "", "", ""},
                                     {"srv/away", "", "/etc", ""},
                                     {"srv/up", "", "..", ""},
                                     {"srv/one", "", "two", ""},
                                     {"srv/two", "", "one", ""},
                                     {"srv/file", "x", "", ""},
                                     {"srv/hard", "", "", "srv/file"},
                                     {"srv/gone", "", "no", ""}};
  struct Case {
    const char *path, *reason;
  };
  for (const Case& one :
       {Case{"/srv/away", NS_REASON_PATH_OUTSIDE_SOURCE},
        Case{"/srv/up", NS_REASON_PATH_OUTSIDE_SOURCE},
        Case{"/srv/one", NS_REASON_ARTIFACT_MISSING}, Case{"/srv/gone", NS_REASON_ARTIFACT_MISSING},
        Case{"/no", NS_REASON_ARTIFACT_MISSING}, Case{"/srv/file", NS_REASON_ARTIFACT_NO_FOLDER},
        Case{"/srv/hard/x", NS_REASON_ARTIFACT_NO_FOLDER}}) {
    try {
      FolderOf(things, one.path);
      ADD_FAILURE() << one.path;
    } catch (const sdk::Error& error) {
      EXPECT_EQ(error.reason(), one.reason) << one.path;
      EXPECT_EQ(error.fault(), sdk::Fault::kSource);
    }
  }
}

TEST(FolderOfTar, ArchiveThatIsCutOff_IsTheEnginesFault) {
  const std::string archive =
      ArchiveOf({{"srv/", "", "", ""}, {"srv/f", std::string(2000, 'x'), "", ""}});
  Tar out;
  FolderOfTar folder("/srv", out.sink());
  try {
    folder.Pass(PiecesOf(archive.substr(0, 1700)));
    ADD_FAILURE();
  } catch (const sdk::Error& error) {
    EXPECT_EQ(error.reason(), NS_REASON_ENGINE_UNAVAILABLE);
    EXPECT_EQ(error.fault(), sdk::Fault::kPlatform);
  }
}

TEST(FolderOfTar, SinkThatRefuses_EndsThePass) {
  const std::string archive =
      ArchiveOf({{"srv/", "", "", ""}, {"srv/f", std::string(200'000, 'x'), "", ""}});
  const sdk::ByteSink full(
      {nullptr, [](void*, ns_bytes) noexcept { return static_cast<ns_status>(NS_E_EXHAUSTED); }});
  FolderOfTar folder("/srv", full);
  EXPECT_THROW(folder.Pass(PiecesOf(archive)), sdk::Stopped);
}

}  // namespace
}  // namespace ns::engine
