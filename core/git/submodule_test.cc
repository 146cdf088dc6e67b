// What submodules and entries may be called, and where they come from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "git/entry_name.h"
#include "git/gitmodules.h"
#include "git/submodule_url.h"

namespace ns::git {
namespace {

using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(Gitmodules, Parse_KnowsGitsFormat) {
  const auto urls = ParseGitmodules(
      "\xef\xbb\xbf# comment\n"
      "[core]\n\tpath = ignored\n"
      "[submodule \"a \\\"b\\\"\"]\r\n\tPATH = libs/a ; comment\r\n\tURL=https://h/a.git\r\n"
      "[SubModule \"c\"] path = \"c #\\tx\"  \n  url = ../c\\\n.git # more\n"
      "\tupdate = !evil\n\tfetchRecurseSubmodules\n"
      "[submodule \"no path\"]\n\turl = x\n"
      "[submodule \"twice\"]\n\tpath = t\n\turl = one\n\turl = two\n");
  ASSERT_TRUE(urls.ok()) << urls.status().ToString();
  EXPECT_THAT(*urls, UnorderedElementsAre(Pair("libs/a", "https://h/a.git"),
                                          Pair("c #\tx", "../c.git"), Pair("t", "two")));
  EXPECT_TRUE(ParseGitmodules("")->empty());
}

TEST(Gitmodules, Parse_RefusesWhatDoesNotParseAndNamesTheLine) {
  for (const char* text :
       {"path = x", "[submodule \"a\n\"]", "[submodule \"a\"", "[]",
        "[submodule \"a\"]\npath = \"x", "[submodule \"a\"]\npath = \\q",
        "[submodule \"a\"]\npath x", "[submodule \"a\"]\n= x", "[submodule \"a\"]\npath = x"}) {
    const Status status = ParseGitmodules(text).status();
    EXPECT_EQ(status.reason(), "CheckoutRefused") << text;
    EXPECT_EQ(status.fault(), Fault::kSource);
  }
  EXPECT_THAT(ParseGitmodules("[a]\n\n?").status().message(), HasSubstr("line 3"));
}

TEST(Gitmodules, Parse_OfEveryCut_Ends) {
  const std::string text = "[submodule \"a\\\"\"]\n\tpath = \"x\\n\" ; c\n\turl = y\\\n z\n";
  for (size_t size = 0; size <= text.size(); ++size) {
    const auto urls = ParseGitmodules(text.substr(0, size));
    EXPECT_TRUE(urls.ok() || urls.status().reason() == "CheckoutRefused") << size;
  }
  EXPECT_EQ(ParseGitmodules(std::string(2 << 20, '\n')).status().reason(), "LimitExceeded");
}

TEST(SubmoduleUrl, BesideARepositoryOfThePlatform_IsAnotherOne) {
  const auto resolved = [](const char* text) {
    const auto url = ResolveSubmoduleUrl("ns-git:shop", text);
    return url.ok() ? *url : "refused";
  };
  EXPECT_EQ(resolved("../lib.git"), "ns-git:lib");
  EXPECT_EQ(resolved("../lib/"), "ns-git:lib");
  EXPECT_EQ(resolved("https://h/lib.git"), "https://h/lib.git");
  for (const char* text : {"./lib", "../../lib", "../", "../a/b", "../..", "../Lib", "ns-git:lib"})
    EXPECT_EQ(resolved(text), "refused") << text;
  EXPECT_EQ(UrlOfFolder("/data/repositories/a.b.git"), "ns-git:a.b");
}

TEST(SubmoduleUrl, Resolve_IsRelativeToTheParentAsInGit) {
  const auto resolved = [](const char* parent, const char* text) {
    const auto url = ResolveSubmoduleUrl(parent, text);
    return url.ok() ? *url : "refused";
  };
  EXPECT_EQ(resolved("https://h/org/app.git", "../lib.git"), "https://h/org/lib.git");
  EXPECT_EQ(resolved("https://h:8443/org/app.git/", "../../other/lib"), "https://h:8443/other/lib");
  EXPECT_EQ(resolved("https://h/org/app", "./lib"), "https://h/org/app/lib");
  EXPECT_EQ(resolved("https://h/org/app", ".//..///lib"), "https://h/org/lib");
  EXPECT_EQ(resolved("git@h:org/app.git", "../lib.git"), "git@h:org/lib.git");
  EXPECT_EQ(resolved("git@h:org/app.git", "../../lib.git"), "git@h:lib.git");
  EXPECT_EQ(resolved("git@h:/srv/app.git", "../lib.git"), "git@h:/srv/lib.git");
  EXPECT_EQ(resolved("git@[fd00::1]:org/app", "../lib"), "git@[fd00::1]:org/lib");
  EXPECT_EQ(resolved("ssh://u@h:22/org/app", "../lib"), "ssh://u@h:22/org/lib");
  EXPECT_EQ(resolved("https://h/app", "git@other:x/y"), "git@other:x/y");
  for (const char* text :
       {"../../lib", "../../../lib", "../x/../../lib", "..", "../", "lib", "/lib", "file:///etc",
        "ext::sh", "--upload-pack=x", "https://u:p@h/x", "../a b"})
    EXPECT_EQ(resolved("https://h/app", text), "refused") << text;
  EXPECT_EQ(resolved("git@h:app", "../../lib"), "refused");
}

TEST(SubmoduleUrl, SameOrigin_NeedsSchemeHostAndPort) {
  EXPECT_TRUE(SameOrigin("https://h/a", "https://H:443/b"));
  EXPECT_TRUE(SameOrigin("git@h:a", "ssh://other@h:22/b"));
  EXPECT_FALSE(SameOrigin("https://h/a", "http://h/a"));
  EXPECT_FALSE(SameOrigin("https://h/a", "https://h:8443/a"));
  EXPECT_FALSE(SameOrigin("https://h/a", "https://x.h/a"));
  EXPECT_FALSE(SameOrigin("https://h/a", "git@h:a"));
  EXPECT_FALSE(SameOrigin("nonsense", "nonsense"));
}

TEST(EntryName, DotGit_IsRefusedInEverySpelling) {
  for (const char* name :
       {".git", ".GIT", "git~1", "GIT~1", ".git ", ".git...", ".git . ", ".git:x", ".git\\x",
        ".g\u200cit", ".git\u202e", "\ufeff.git", ".gi\u206at", "git~1. "})
    EXPECT_EQ(NameMistake(name), "is a spelling of \".git\"") << name;
  for (const char* name : {".gitignore", ".gitmodules", "git", "git~2", ".git2", "x.git", "a\\b",
                           ".\u00e9git", "\u3042", "\xff"})
    EXPECT_EQ(NameMistake(name), "") << name;
  for (const std::string& name : {std::string(), std::string("."), std::string(".."),
                                  std::string("a/b"), std::string(256, 'n')})
    EXPECT_NE(NameMistake(name), "") << name;
  EXPECT_EQ(NameMistake(std::string(255, 'n')), "");
}

TEST(EntryName, Shown_HasNoControlCharacters) {
  EXPECT_EQ(Shown("a\n\x1b\x7f\xc3\xa9"), "a?????");
  EXPECT_EQ(Shown(std::string(400, 'x')), std::string(300, 'x') + "...");
}

}  // namespace
}  // namespace ns::git
