#include "site_tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace ns::sites {
namespace {

namespace fs = std::filesystem;

constexpr time_t kModifiedAt = 1767323045;

std::map<std::string, std::string> MakePlainFiles() {
  std::map<std::string, std::string> files;
  for (const std::string name : {"index.html",
                                 "about.html",
                                 "404.html",
                                 "docs/index.html",
                                 "docs/guide.html",
                                 "both.html",
                                 "both/index.html",
                                 "empty/file.txt",
                                 "with space/index.html",
                                 "with space.txt",
                                 "\xc3\xbcmlaut.txt",
                                 "100%.txt",
                                 "a+b.txt",
                                 "semi;colon.txt",
                                 "it's.txt",
                                 "a&b=c.txt",
                                 "dollar$1.txt",
                                 "{env.HOME}.txt",
                                 "brace}.txt",
                                 "back\\slash.txt",
                                 "at@root@.txt",
                                 "hash#.txt",
                                 "what?.txt",
                                 "app.js",
                                 "app.js.br",
                                 "app.js.gz",
                                 "style.css",
                                 "style.css.gz",
                                 "page.html",
                                 "page.html.br",
                                 "only.txt.br",
                                 "docs/index.html.gz",
                                 ".hidden",
                                 ".git/config",
                                 "docs/.secret",
                                 ".well-known/security.txt",
                                 ".well-known/.inner",
                                 "noext",
                                 "UPPER.HTML",
                                 "weird.html.bak",
                                 "data.json",
                                 "t.mjs",
                                 "t.wasm",
                                 "t.webmanifest",
                                 "t.avif",
                                 "t.woff2",
                                 "t.svg",
                                 "t.png",
                                 "t.jpg",
                                 "t.gif",
                                 "t.webp",
                                 "t.ico",
                                 "t.xml",
                                 "t.txt",
                                 "t.pdf",
                                 "t.mp4",
                                 "t.webm",
                                 "t.mp3",
                                 "t.ttf",
                                 "t.map",
                                 "t.zip",
                                 "t.glb",
                                 "archive.tar.gz",
                                 "t.strange",
                                 "Build/g.wasm.gz",
                                 "Build/g.wasm.br",
                                 "Build/g.framework.js.br",
                                 "Build/g.data.gz",
                                 "Build/g.symbols.json.br",
                                 "Build/g.data.unityweb",
                                 "Build/g.loader.js",
                                 "x.js.gz"})
    files[name] = "this is " + name + (name.ends_with(".gz") ? ", zipped\n" : "\n");
  files["zero.txt"] = "";
  files["ten.txt"] = "0123456789";
  for (int i = 0; i < 70'000; ++i) files["big.bin"] += static_cast<char>('a' + i % 26);
  return files;
}

void Write(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
  const timespec times[2] = {{kModifiedAt, 0}, {kModifiedAt, 0}};
  ::utimensat(AT_FDCWD, path.c_str(), times, 0);
}

void OpenToAll(const std::string& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_directory() && !entry.is_symlink()) ::chmod(entry.path().c_str(), 0755);
  ::chmod(folder.c_str(), 0755);
}

}  // namespace

const std::map<std::string, std::string>& PlainFiles() {
  static const std::map<std::string, std::string> files = MakePlainFiles();
  return files;
}

void MakeRelease(const std::string& root, const std::string& app, const std::string& release,
                 const std::map<std::string, std::string>& files) {
  const std::string folder = root + "/artifacts/" + app + "-" + release;
  fs::create_directories(folder);
  for (const auto& [name, content] : files) Write(folder + "/" + name, content);
  fs::create_directories(root + "/sites/" + app);
  OpenToAll(root);
  fs::create_directory_symlink("../../artifacts/" + app + "-" + release,
                               root + "/sites/" + app + "/" + release);
}

void MarkSpa(const std::string& root, const std::string& app, const std::string& release) {
  Write(root + "/spa/" + app + "/" + release, "");
  OpenToAll(root);
}

void MakeSites(const std::string& root) {
  fs::create_directories(root + "/spa");
  MakeRelease(root, kPlain, kFirst, PlainFiles());
  MakeRelease(root, kPlain, kSecond, {{"index.html", "second\n"}, {"app.js", "second app\n"}});
  MakeRelease(root, kSpa, kFirst,
              {{"index.html", "the application\n"},
               {"index.html.br", "the application, packed\n"},
               {"about.html", "about\n"},
               {"assets/app.js", "code\n"},
               {"docs/index.html", "docs\n"},
               {".env", "secret\n"}});
  MakeRelease(root, kBare, kFirst, {{"about.html", "about\n"}, {"img/a.png", "png\n"}});
  MarkSpa(root, kSpa, kFirst);
  Write(root + "/outside.txt", "outside\n");
  const std::string plain = root + "/artifacts/" + kPlain + "-" + kFirst;
  fs::create_symlink("../../outside.txt", plain + "/leak.txt");
  fs::create_symlink("/etc/passwd", plain + "/leak");
  fs::create_directory_symlink("/etc", plain + "/leakdir");
  fs::create_directory_symlink("../" + kSpa + "-" + kFirst, plain + "/neighbour");
  fs::create_symlink("../../outside.txt", plain + "/ten.txt.gz");
}

}  // namespace ns::sites
