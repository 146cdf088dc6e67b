#include "completion_text.h"

namespace ns::cli {
namespace {

// bash cuts words at = and : too, so the line is cut anew, and what stands before the cut is left
// out of the answers.
constexpr char kBash[] = R"(# bash completion of ns: source <(ns completion bash)
_ns() {
  local line=${COMP_LINE:0:COMP_POINT} words current answer word
  read -ra words <<<"$line"
  case $line in *[[:space:]]) words+=("") ;; esac
  current=${words[${#words[@]} - 1]}
  local before=${current%"${current##*[=:]}"}
  COMPREPLY=()
  while IFS= read -r answer; do
    word=${answer%%$'\t'*}
    if [ "$word" = :files ]; then
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "${current#"$before"}")
      return
    fi
    COMPREPLY+=("${word#"$before"}")
  done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
}
complete -F _ns ns
)";

constexpr char kZsh[] = R"(#compdef ns
# zsh completion of ns: source <(ns completion zsh)
_ns() {
  local answer
  local -a words_found lines_found
  for answer in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $answer == :files ]]; then
      _files
      return
    fi
    [[ -n $answer ]] || continue
    words_found+=("${answer%%$'\t'*}")
    lines_found+=("${answer//$'\t'/  -- }")
  done
  (( $#words_found )) && compadd -l -d lines_found -a words_found
}
if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
  _ns "$@"
else
  compdef _ns ns
fi
)";

constexpr char kFish[] = R"(# fish completion of ns: ns completion fish | source
function __ns_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  $words[1] __complete $words[2..] "$current" 2>/dev/null
end
function __ns_wants_files
  test (__ns_complete | string collect -a) = :files
end
complete -c ns -f
complete -c ns -n 'not __ns_wants_files' -a '(__ns_complete)'
complete -c ns -n __ns_wants_files -F
)";

}  // namespace

std::string CompletionScript(const std::string& shell) {
  if (shell == "bash") return kBash;
  return shell == "zsh" ? kZsh : kFish;
}

}  // namespace ns::cli
