#include "completion_text.h"

#include <algorithm>

namespace ns::cli {
namespace {

std::string Words(const Node& node) {
  std::string words;
  for (const auto& [name, what] : node.commands) words += name + " ";
  for (const std::string& option : node.options) words += option + " ";
  if (!words.empty()) words.pop_back();
  return words;
}

// In single quotes for any of the three shells.
std::string Quoted(std::string text) {
  std::erase(text, '\'');
  return "'" + text + "'";
}

}  // namespace

// The words before the cursor that are commands make the path; everything else is passed over.
std::string BashCompletion(const std::vector<Node>& nodes) {
  std::string text =
      "# bash completion of ns: source <(ns completion bash)\n"
      "_ns() {\n"
      "  local path= word i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=${COMP_WORDS[i]}\n"
      "    case \"${path:+$path }$word\" in\n";
  for (const Node& node : nodes) {
    if (!node.path.empty())
      text += "      " + Quoted(node.path) + ") path=" + Quoted(node.path) + " ;;\n";
  }
  text += "    esac\n  done\n  local words=\n  case \"$path\" in\n";
  for (const Node& node : nodes)
    text += "    " + Quoted(node.path) + ") words=" + Quoted(Words(node)) + " ;;\n";
  return text +
         "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- "
         "\"${COMP_WORDS[COMP_CWORD]}\"))\n}\ncomplete -F _ns ns\n";
}

std::string ZshCompletion(const std::vector<Node>& nodes) {
  return "#compdef ns\n# zsh completion of ns: source <(ns completion zsh)\nautoload -Uz "
         "bashcompinit && bashcompinit\n" +
         BashCompletion(nodes);
}

std::string FishCompletion(const std::vector<Node>& nodes) {
  std::string text =
      "# fish completion of ns: ns completion fish | source\n"
      "function __ns_path\n"
      "  set -l path\n"
      "  for word in (commandline -opc)[2..]\n"
      "    switch (string join ' ' $path $word)\n      case";
  for (const Node& node : nodes) {
    if (!node.path.empty()) text += " " + Quoted(node.path);
  }
  text +=
      "\n        set -a path $word\n    end\n  end\n  string join ' ' $path\nend\ncomplete -c ns "
      "-f\n";
  for (const Node& node : nodes) {
    const std::string when = "complete -c ns -n " +
                             Quoted("test (__ns_path | string collect -a) = \"" + node.path + "\"");
    for (const auto& [name, what] : node.commands)
      text += when + " -a " + Quoted(name) + " -d " + Quoted(what) + "\n";
    for (const std::string& option : node.options) {
      if (option.starts_with("--")) text += when + " -l " + Quoted(option.substr(2)) + "\n";
    }
  }
  return text;
}

}  // namespace ns::cli
