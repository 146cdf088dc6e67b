#include "man.h"

#include <algorithm>

namespace ns::cli {
namespace {

// Text that troff takes as it stands.
std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'' && out.empty())
      out += "\\&'";
    else if (c == '.' && out.empty())
      out += "\\&.";
    else
      out += c;
  }
  return out;
}

std::string Bold(const std::string& text) { return "\\fB" + Escaped(text) + "\\fR"; }
std::string Slanted(const std::string& text) { return "\\fI" + Escaped(text) + "\\fR"; }

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string PageOf(const std::string& path) {
  std::string name = "ns" + (path.empty() ? "" : " " + path);
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string Head(const std::string& page, const std::string& what, const std::string& version) {
  return ".TH " + Upper(page) + " 1 \"\" \"ns " + version + "\" \"NeoShowcase\"\n.SH NAME\n" +
         Escaped(page) + " \\- " + Escaped(what) + "\n";
}

std::string Synopsis(const CommandNode& command) {
  std::string text = Bold("ns" + (command.path.empty() ? "" : " " + command.path));
  if (!command.options.empty()) text += " [" + Slanted("OPTION") + "]...";
  if (!command.commands.empty()) text += " " + Slanted("COMMAND");
  for (const OptionNode& place : command.places) {
    const std::string word = Slanted(place.placeholder) + (place.many ? "..." : "");
    text += place.required ? " " + word : " [" + word + "]";
  }
  return text + "\n";
}

std::string Entry(const std::string& head, const std::string& what) {
  return ".TP\n" + head + "\n" + (what.empty() ? "\\&" : Escaped(what)) + "\n";
}

std::string Options(const CommandNode& command) {
  std::string text;
  for (const OptionNode& place : command.places) {
    if (place.names.empty()) text += Entry(Slanted(place.placeholder), place.what);
  }
  for (const OptionNode& option : command.options) {
    std::string names;
    for (const std::string& name : option.names) names += (names.empty() ? "" : ", ") + Bold(name);
    if (!option.placeholder.empty()) names += " " + Slanted(option.placeholder);
    std::string what = option.what;
    for (size_t i = 0; i < option.choices.size(); ++i)
      what +=
          (i == 0 ? " (" : ", ") + option.choices[i] + (i + 1 == option.choices.size() ? ")" : "");
    text += Entry(names, what);
  }
  return text;
}

std::string Example(const CommandNode& command) {
  return command.example.empty() ? "" : ".PP\n.nf\n" + Escaped(command.example) + "\n.fi\n";
}

// One command below a noun.
std::string Section(const CommandNode& command) {
  return ".SS " + Escaped("ns " + command.path) + "\n" + Synopsis(command) + ".PP\n" +
         Escaped(command.what) + "\n" + Options(command) + Example(command);
}

std::string SeeAlso(const CommandNode& root, const std::string& page) {
  std::string text = ".SH SEE ALSO\n";
  std::vector<std::string> pages;
  if (page != "ns") pages.push_back("ns");
  for (const CommandNode& command : root.commands) {
    if (page == "ns") pages.push_back(PageOf(command.path));
  }
  for (size_t i = 0; i < pages.size(); ++i)
    text += ".BR " + Escaped(pages[i]) + " (1)" + (i + 1 < pages.size() ? " ," : "") + "\n";
  return text;
}

constexpr char kRest[] = R"(.SH EXIT STATUS
.TP
.B 0
done
.TP
.B 1
failed: the build, the application, a check; or ns diff found a difference
.TP
.B 2
the command line is wrong, or the server refused a value
.TP
.B 3
not found
.TP
.B 4
not allowed, or the server does not know who asks
.TP
.B 5
nothing answers
.TP
.B 6
waited long enough; what was started goes on by itself
.SH ENVIRONMENT
.TP
.B NS_SERVER
where the API answers, as \-\-server
.TP
.B NS_TOKEN
sent as a bearer token, before one that ns login stored; not over plain http to another machine
.TP
.B NS_PLAIN_HTTP
1: NS_TOKEN is sent over plain http all the same
.TP
.B NS_CONFIG
configuration of nsd on this machine
.TP
.B NO_COLOR
set and not empty: nothing is coloured
)";

std::string RootPage(const CommandNode& root, const std::string& version) {
  std::string text =
      Head("ns", "applications from Git repositories, on machines of your own", version);
  text += ".SH SYNOPSIS\n" + Synopsis(root) + ".SH DESCRIPTION\n" + Escaped(root.what) + "\n";
  text += ".SH COMMANDS\n";
  for (const CommandNode& command : root.commands)
    text += Entry(Bold("ns " + command.path), command.what);
  return text + ".SH OPTIONS\n" + Options(root) + kRest + SeeAlso(root, "ns");
}

std::string PageText(const CommandNode& root, const CommandNode& command,
                     const std::string& version) {
  const std::string page = PageOf(command.path);
  std::string text = Head(page, command.what, version) + ".SH SYNOPSIS\n" + Synopsis(command) +
                     ".SH DESCRIPTION\n" + Escaped(command.what) +
                     "\n.PP\nOptions that every command has stand in ns(1).\n";
  if (!command.commands.empty()) {
    text += ".SH COMMANDS\n";
    for (const CommandNode& one : command.commands) text += Section(one);
  }
  const std::string options = Options(command);
  if (!options.empty()) text += ".SH OPTIONS\n" + options;
  const std::string example = Example(command);
  if (!example.empty()) text += ".SH EXAMPLES\n" + example.substr(example.find('\n') + 1);
  return text + SeeAlso(root, page);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> ManPages(const CommandNode& root,
                                                          const std::string& version) {
  std::vector<std::pair<std::string, std::string>> pages = {{"ns.1", RootPage(root, version)}};
  for (const CommandNode& command : root.commands)
    pages.emplace_back(PageOf(command.path) + ".1", PageText(root, command, version));
  return pages;
}

}  // namespace ns::cli
